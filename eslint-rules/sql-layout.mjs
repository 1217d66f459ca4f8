/**
 * SQL is code: a line of it can be read without moving sideways, and what is longer is laid out by its clauses. Prettier
 * leaves template literals as they are, so this is what looks at them.
 */
const LONGEST = 140;

/** Keywords of SQL as we write them, in capitals: what has one is SQL, or a part of it. */
const SQL = /\b(?:SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|AND|CASE|VALUES|SET|JOIN)\b/;

export default {
  meta: {
    type: 'layout',
    schema: [],
    messages: {
      long: 'This line of SQL has {{length}} characters, and {{longest}} are the most. Begin a line with each clause, with the keywords aligned at their right, and with each AND of a long condition.',
    },
  },
  create(context) {
    return {
      TemplateLiteral(node) {
        if (!node.quasis.some(({ value }) => SQL.test(value.raw))) return;
        const { lines } = context.sourceCode;
        for (let line = node.loc.start.line; line <= node.loc.end.line; line++) {
          const { length } = lines[line - 1];
          if (length <= LONGEST) continue;
          const loc = { start: { line, column: LONGEST }, end: { line, column: length } };
          context.report({ loc, messageId: 'long', data: { length, longest: LONGEST } });
        }
      },
    };
  },
};
