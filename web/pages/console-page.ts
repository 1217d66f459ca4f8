/** `/admin`: its element draws everything. */
import '../console/shell/masuk-console.js';
