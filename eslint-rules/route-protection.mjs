/**
 * Every route of a controller carries exactly one statement of who may call it, on the method or on its class:
 * `@Public()`, `@TokenOptional()`, `@OwnPagesOnly()`, `@Authenticated()`, `@StaffBeforeSecondFactor()`, `@Roles(…)`, `@Scopes(…)`, `@ScopesOrSupervisor(…)` or
 * `@ScopesOrTicket(…)`. The guard denies by default; this rule makes the decision visible to whoever reads the route.
 */
const ROUTES = new Set(['Get', 'Post', 'Put', 'Patch', 'Delete', 'All', 'Head', 'Options']);
const STATEMENTS = new Set([
  'Public',
  'TokenOptional',
  'OwnPagesOnly',
  'Authenticated',
  'Roles',
  'StaffBeforeSecondFactor',
  'Scopes',
  'ScopesOrSupervisor',
  'ScopesOrTicket',
]);

const decoratorName = ({ expression }) => (expression.type === 'CallExpression' ? expression.callee : expression).name;
const decoratorNames = (node) => (node.decorators ?? []).map(decoratorName);

export default {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      none:
        'Say who may call, where the route is declared: @Public(), @TokenOptional(), @OwnPagesOnly(), @Authenticated(), @StaffBeforeSecondFactor(), @Roles(…), @Scopes(…), ' +
        '@ScopesOrSupervisor(…) or @ScopesOrTicket(…) on ' +
        '{{route}} or on its class.',
      several:
        'Say once who may call {{route}}: {{found}} stand together on the method and its class, and a reader cannot ' +
        'know which one counts. Keep one; if the routes of a class differ, state it on each method.',
    },
  },
  create(context) {
    return {
      MethodDefinition(node) {
        const names = decoratorNames(node);
        if (!names.some((name) => ROUTES.has(name))) return;
        const found = [...names, ...decoratorNames(node.parent.parent)].filter((name) => STATEMENTS.has(name));
        if (found.length === 1) return;
        context.report({
          node: node.key,
          messageId: found.length === 0 ? 'none' : 'several',
          data: { route: context.sourceCode.getText(node.key), found: found.map((name) => `@${name}`).join(' and ') },
        });
      },
    };
  },
};
