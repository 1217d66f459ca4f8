/** A suppression carries its reason: `// eslint-disable-next-line <rule> -- <why it is right here>`. */
export default {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: { unreasoned: 'Say why the rule does not fit here: add `-- <the reason>` to this suppression.' },
  },
  create(context) {
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          const directive = /^\s*eslint-disable(?:-next-line|-line)?\b/.test(comment.value);
          if (directive && !/\s-{2,}\s+\S/.test(comment.value)) {
            context.report({ loc: comment.loc, messageId: 'unreasoned' });
          }
        }
      },
    };
  },
};
