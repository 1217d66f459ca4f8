/**
 * Refuses classes named `Base…`, `…Helper`, `…Util(s)` or `…Manager`: such a name says that the class exists, not what
 * it does, and everything ends up in it.
 */
const VAGUE = /^Base(?=[A-Z]|$)|(Helper|Util|Manager)s?$/;

export default {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: {
      vague:
        '"{{name}}" says nothing of what the class does. Name it for its one job (PasswordHasher, SendLadder); in place ' +
        'of a base class, write a function or pass the part in.',
    },
  },
  create(context) {
    const check = (node) => {
      if (node.id && VAGUE.test(node.id.name)) {
        context.report({ node: node.id, messageId: 'vague', data: { name: node.id.name } });
      }
    };
    return { ClassDeclaration: check, ClassExpression: check };
  },
};
