// The explorer: GraphiQL with the examples, the field picker, the history and a log of streams.
import 'graphiql/setup-workers/vite';
import { createRoot } from 'react-dom/client';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './style.css';
import { examplesPlugin } from './Examples.jsx';
import { firstTabs, loadExamples } from './examples.js';
import { createFetcher } from './fetcher.js';
import { SharedHeaders } from './SharedHeaders.jsx';
import { StreamLog } from './StreamLog.jsx';
import { SystemTheme } from './SystemTheme.jsx';

const home = new URL('..', document.baseURI);
const fetcher = createFetcher(new URL('graphql', home));
const examples = await loadExamples();
const panel = examplesPlugin(examples);
const plugins = [panel, explorerPlugin({ showAttribution: false }), HISTORY_PLUGIN];

createRoot(document.getElementById('explorer')).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
    visiblePlugin={panel}
    defaultTabs={firstTabs(examples)}
    defaultEditorToolsVisibility
    inputValueDeprecation
    schemaDescription
    shouldPersistHeaders
  >
    <GraphiQL.Logo>
      <a className="graphiql-logo-link" href={home.href}>
        Fivefold
      </a>
    </GraphiQL.Logo>
    <GraphiQL.Footer>
      <StreamLog />
    </GraphiQL.Footer>
    <SharedHeaders />
    <SystemTheme />
  </GraphiQL>,
);
