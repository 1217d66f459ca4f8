/**
 * A fixed pause in a spec carries its reason, in a comment above the statement or behind it: why the wait itself is the
 * subject. For anything else there is the event (`until` of test/support/waits.ts) or the clock that a test moves.
 */
const isTimer = (node) => node?.type === 'CallExpression' && node.callee.name === 'setTimeout';

/** `new Promise((resolve) => setTimeout(resolve, 50))`, in one of its spellings. */
function isBarePause(node) {
  if (node.type !== 'NewExpression' || node.callee.name !== 'Promise') return false;
  const body = node.arguments[0]?.body;
  return (
    isTimer(body) || (body?.type === 'BlockStatement' && body.body.length === 1 && isTimer(body.body[0].expression))
  );
}

/** `while (!isThere()) await pause(5);` waits for an event. */
function isInPoll(statement) {
  const loop = statement.parent.type === 'BlockStatement' ? statement.parent.parent : statement.parent;
  return loop.type === 'WhileStatement' && loop.test.type !== 'Literal';
}

const isPause = (node) =>
  (node.type === 'CallExpression' && ['pause', 'sleep'].includes(node.callee.name)) || isBarePause(node);

export default {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: {
      unreasoned:
        'Wait for the event (`until`) or move the clock. Where the pause is the subject, say so in a comment above it.',
    },
  },
  create(context) {
    const { sourceCode } = context;
    return {
      AwaitExpression(node) {
        if (!isPause(node.argument)) return;
        let statement = node;
        while (!/Statement$|Declaration$/.test(statement.type)) statement = statement.parent;
        if (isInPoll(statement)) return;
        const first = sourceCode.getFirstToken(statement).loc.start.line;
        const reasoned = sourceCode
          .getAllComments()
          .some(({ loc }) => loc.end.line === first - 1 || loc.start.line === statement.loc.end.line);
        if (!reasoned) context.report({ node, messageId: 'unreasoned' });
      },
    };
  },
};
