// Gives the headers typed last to every tab in which none were typed.
//
// Headers belong to a tab, so that two people can be tried out side by side; but whoever signs in
// once should not have to paste the token into each of a dozen tabs.
import { useEffect, useRef } from 'react';
import { pick, useGraphiQL } from '@graphiql/react';

export function SharedHeaders() {
  const { headerEditor, tabs, activeTabIndex } = useGraphiQL(
    pick('headerEditor', 'tabs', 'activeTabIndex'),
  );
  const tab = tabs[activeTabIndex]?.id;
  const typed = useRef('');
  const own = useRef(new Set());
  const seen = useRef(new Set());

  useEffect(() => {
    // A flush is a change of tab, not of the text by its reader.
    const edits = headerEditor?.onDidChangeModelContent((change) => {
      if (change.isFlush) return;
      typed.current = headerEditor.getValue();
      own.current.add(tab);
    });
    return () => edits?.dispose();
  }, [headerEditor, tab]);

  useEffect(() => {
    if (!headerEditor) return;
    const text = headerEditor.getValue();
    if (!seen.current.has(tab) && text.trim()) {
      own.current.add(tab);
      typed.current ||= text;
    }
    seen.current.add(tab);
    if (!own.current.has(tab) && text !== typed.current) headerEditor.setValue(typed.current);
  }, [headerEditor, tab]);

  return null;
}
