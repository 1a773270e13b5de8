// Lays out JSON with comments, in place of Prettier's JavaScript parser and printer (0.5 MB).
import { applyEdits, format } from 'jsonc-parser';

const astFormat = 'json-text';

export const parsers = {
  jsonc: {
    astFormat,
    parse: (text) => ({ text }),
    locStart: () => 0,
    locEnd: ({ text }) => text.length,
  },
};

export const printers = {
  [astFormat]: {
    print: ({ node: { text } }) =>
      applyEdits(text, format(text, undefined, { tabSize: 2, insertSpaces: true })),
  },
};
