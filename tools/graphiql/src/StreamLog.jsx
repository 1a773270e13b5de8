// Shows each item of a subscription below the response, which itself holds only the latest.
import { useEffect, useSyncExternalStore } from 'react';
import { pick, useGraphiQL } from '@graphiql/react';
import { currentStream, startStream, watchStream } from './stream.js';

const time = (instant) => instant.toISOString().slice(11, 23);

export function StreamLog() {
  const { received, items } = useSyncExternalStore(watchStream, currentStream);
  const { tabs, activeTabIndex } = useGraphiQL(pick('tabs', 'activeTabIndex'));
  const tab = tabs[activeTabIndex]?.id;
  useEffect(() => startStream, [tab]);
  if (!received) return null;
  return (
    <section className="stream" aria-label="Items received">
      <header>
        <strong role="status">{received === 1 ? '1 item' : `${received} items`}</strong>
        {received > items.length && <span>the latest {items.length} are listed</span>}
        <button type="button" className="graphiql-button" onClick={startStream}>
          Clear
        </button>
      </header>
      <ol>
        {items.map((item) => (
          <li key={item.number}>
            <details>
              <summary>
                <span>{item.number}</span> <time dateTime={item.at.toISOString()}>{time(item.at)}</time>{' '}
                <code>{JSON.stringify(item.payload.data ?? item.payload)}</code>
              </summary>
              <pre tabIndex={0}>{JSON.stringify(item.payload, null, 2)}</pre>
            </details>
          </li>
        ))}
      </ol>
    </section>
  );
}
