// Makes the editors follow the system between light and dark, as the page around them does.
import { useEffect } from 'react';
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';

export function SystemTheme() {
  const chosen = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    if (chosen) return undefined;
    const darkness = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(null);
    darkness.addEventListener('change', follow);
    return () => darkness.removeEventListener('change', follow);
  }, [chosen, setTheme]);
  return null;
}
