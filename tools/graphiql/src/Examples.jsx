// The sidebar panel that lists all examples, grouped and searchable; a click opens one in a tab.
import { useState } from 'react';
import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { asTab, groupExamples } from './examples.js';

export function examplesPlugin(examples) {
  return {
    title: 'Examples',
    icon: ExamplesIcon,
    content: () => <Examples examples={examples} />,
  };
}

function Examples({ examples }) {
  const [sought, setSought] = useState('');
  const shown = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.query);
  const open = useOpenExample();
  const found = examples.filter((example) => matches(example, sought));
  return (
    <section aria-label="Examples" className="examples">
      <h2>Examples</h2>
      <input
        type="search"
        placeholder="Search examples"
        aria-label="Search examples"
        value={sought}
        onChange={(event) => setSought(event.target.value)}
      />
      <p role="status">{found.length ? '' : 'No example was found.'}</p>
      {[...groupExamples(found)].map(([group, members]) => (
        <section key={group} aria-label={group}>
          <h3>{group}</h3>
          <ul>
            {members.map((example) => (
              <li key={example.name}>
                <button
                  type="button"
                  disabled={!open}
                  aria-current={example.query === shown || undefined}
                  onClick={() => open(example)}
                >
                  {example.title ?? example.name}
                  {example.explanation && <small>{example.explanation}</small>}
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </section>
  );
}

function matches(example, sought) {
  const text = [example.name, example.title, example.explanation, example.query].join(' ');
  return text.toLowerCase().includes(sought.trim().toLowerCase());
}

// Returns what goes to the tab that shows an example already, or else opens a new one; nothing as
// long as the editors, which take their texts from it, are still on their way.
function useOpenExample() {
  const { tabs, queryEditor, variableEditor, headerEditor } = useGraphiQL(
    pick('tabs', 'queryEditor', 'variableEditor', 'headerEditor'),
  );
  const { addTab, changeTab, stop, updateActiveTabValues } = useGraphiQLActions();
  if (!queryEditor || !variableEditor || !headerEditor) return undefined;
  return (example) => {
    const there = tabs.findIndex((tab) => tab.query === example.query);
    if (there >= 0) {
      changeTab(there);
      return;
    }
    const tab = asTab(example);
    stop(); // else the items of a running subscription would appear in the new tab
    addTab();
    queryEditor.setValue(tab.query);
    variableEditor.setValue(tab.variables);
    headerEditor.setValue(tab.headers);
    updateActiveTabValues(tab);
  };
}

function ExamplesIcon(props) {
  return (
    <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.5" {...props}>
      <path d="M3 3.5h14v13H3zM3 7.5h14" />
      <path d="m6 10.5 2 1.5-2 1.5M10.5 13.5h3.5" />
    </svg>
  );
}
