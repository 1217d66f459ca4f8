/** The rules of this house, as an ESLint plugin: `masuk/<name>`. */
import noBaseClassNames from './no-base-class-names.mjs';
import reasonedSuppressions from './reasoned-suppressions.mjs';
import routeProtection from './route-protection.mjs';
import tableOwner from './table-owner.mjs';

export const masuk = {
  meta: { name: 'masuk' },
  rules: {
    'no-base-class-names': noBaseClassNames,
    'reasoned-suppressions': reasonedSuppressions,
    'route-protection': routeProtection,
    'table-owner': tableOwner,
  },
};
