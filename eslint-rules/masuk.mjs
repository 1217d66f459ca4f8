/** The rules of this house, as an ESLint plugin: `masuk/<name>`. */
import folderSize from './folder-size.mjs';
import noBaseClassNames from './no-base-class-names.mjs';
import noWallClockLimit from './no-wall-clock-limit.mjs';
import reasonedPauses from './reasoned-pauses.mjs';
import reasonedSuppressions from './reasoned-suppressions.mjs';
import routeProtection from './route-protection.mjs';
import sqlLayout from './sql-layout.mjs';
import tableOwner from './table-owner.mjs';

export const masuk = {
  meta: { name: 'masuk' },
  rules: {
    'folder-size': folderSize,
    'no-base-class-names': noBaseClassNames,
    'no-wall-clock-limit': noWallClockLimit,
    'reasoned-pauses': reasonedPauses,
    'reasoned-suppressions': reasonedSuppressions,
    'route-protection': routeProtection,
    'sql-layout': sqlLayout,
    'table-owner': tableOwner,
  },
};
