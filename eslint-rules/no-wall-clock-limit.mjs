/**
 * Refuses limits that a slow machine breaks, in specs: an elapsed time that must stay below something, and patience that is
 * short. What may be asserted instead: an order of events, a comparison within the same run, or the clock that a test moves
 * (docs/decisions/0022-tests-move-the-time.md). An exception carries its date and its reason:
 * `// eslint-disable-next-line masuk/no-wall-clock-limit -- 2026-11-30: <why>`.
 */

/** Who waits less than this for an event waits on the machine, in ms. */
const LEAST_PATIENCE = 30_000;

/** Tests and what is done around them: Jest's own limit (`testTimeout` in jest.config.mjs) is for machines of all kinds. */
const TESTS = new Set(['it', 'test', 'beforeAll', 'beforeEach', 'afterAll', 'afterEach']);
const LEAST_FOR_TEST = 120_000;

/** Of a call that waits: where its patience stands among the arguments. */
const PATIENCE_AT = { until: 2, becomes: 2 };

const MOST = new Set(['toBeLessThan', 'toBeLessThanOrEqual']);
const COMPARISONS = new Set(['<', '<=', '>', '>=']);

const isClock = (node) =>
  node?.type === 'CallExpression' &&
  node.callee.type === 'MemberExpression' &&
  node.callee.property.name === 'now' &&
  ['Date', 'performance'].includes(node.callee.object.name);

/** `it` of `it(…)`, `it.each(…)(…)` and `it.skip(…)`. */
function nameOfTest(callee) {
  if (callee.type === 'CallExpression' || callee.type === 'TaggedTemplateExpression')
    return nameOfTest(callee.callee ?? callee.tag);
  return callee.type === 'MemberExpression' ? nameOfTest(callee.object) : callee.name;
}

const nameOf = (callee) => (callee.type === 'MemberExpression' ? callee.property.name : callee.name);

export default {
  meta: {
    type: 'problem',
    fixable: 'code',
    schema: [],
    messages: {
      limit:
        'A slow machine breaks this limit. Assert an order of events or compare within the run, or move the clock (test/README.md).',
      patience: 'Patience is no promise: wait at least 30 s for an event, or move the clock (test/README.md).',
      test: 'Leave the time of a test to Jest: a limit of its own only makes it fail on a slow machine.',
      undated: 'Say since when this exception stands: `-- 2026-11-30: <the reason>`.',
    },
  },
  create(context) {
    const { sourceCode } = context;

    /** What a name was given when it was declared. */
    function declared(node) {
      if (node.type !== 'Identifier') return undefined;
      for (let scope = sourceCode.getScope(node); scope; scope = scope.upper) {
        const definition = scope.set.get(node.name)?.defs[0];
        if (definition) return definition.node.type === 'VariableDeclarator' ? definition.node.init : undefined;
      }
      return undefined;
    }

    const milliseconds = (node) => {
      const value = node?.type === 'Identifier' ? declared(node) : node;
      return value?.type === 'Literal' && typeof value.value === 'number' ? value.value : undefined;
    };

    const isInstant = (node) => isClock(node) || isClock(declared(node));

    /** Whether time that has passed on this machine is in this expression. */
    function isElapsed(node, depth = 0) {
      if (!node || depth > 6) return false;
      const within = (inner) => isElapsed(inner, depth + 1);
      switch (node.type) {
        case 'BinaryExpression':
          // An instant less a constant is another instant.
          if (node.operator === '-' && isInstant(node.left) && milliseconds(node.right) !== undefined) return false;
          if (node.operator === '-' && (isInstant(node.left) || isInstant(node.right))) return true;
          return within(node.left) || within(node.right);
        case 'Identifier':
          return within(declared(node));
        case 'CallExpression':
          return nameOf(node.callee) === 'abs' && node.arguments.some(within);
        default:
          return false;
      }
    }

    function checkTest(node) {
      const last = node.arguments.at(-1);
      if (node.arguments.length < 2 || !(milliseconds(last) < LEAST_FOR_TEST)) return;
      const before = sourceCode.getTokenBefore(last);
      const fix = (fixer) => fixer.removeRange([before.range[0], last.range[1]]);
      context.report({ node: last, messageId: 'test', fix });
    }

    return {
      Program() {
        for (const comment of sourceCode.getAllComments())
          if (
            /eslint-disable\S*\s.*\/no-wall-clock-limit/.test(comment.value) &&
            !/--\s+\d{4}-\d\d-\d\d: \S/.test(comment.value)
          )
            context.report({ loc: comment.loc, messageId: 'undated' });
      },
      CallExpression(node) {
        const name = nameOf(node.callee);
        const expected = node.callee.type === 'MemberExpression' ? node.callee.object : undefined;
        if (
          MOST.has(name) &&
          expected?.type === 'CallExpression' &&
          expected.callee.name === 'expect' &&
          isElapsed(expected.arguments[0])
        )
          context.report({ node, messageId: 'limit' });
        if (TESTS.has(nameOfTest(node.callee))) checkTest(node);
        // `house.clock.until` counts seconds of the clock that moves.
        if (name === 'until' && node.callee.type === 'MemberExpression') return;
        const patience = milliseconds(node.arguments[PATIENCE_AT[name]]);
        if (patience < LEAST_PATIENCE)
          context.report({ node: node.arguments[PATIENCE_AT[name]], messageId: 'patience' });
      },
      BinaryExpression(node) {
        if (COMPARISONS.has(node.operator) && (isElapsed(node.left) || isElapsed(node.right)))
          context.report({ node, messageId: 'limit' });
      },
      Property(node) {
        if (node.key.name === 'timeout' && milliseconds(node.value) < LEAST_PATIENCE)
          context.report({ node, messageId: 'patience' });
      },
    };
  },
};
