/**
 * For `NODE_OPTIONS=--import=…`: writes a line `route GET /path` for every route of every Fastify in the process, the
 * undocumented ones too, as they are registered.
 */
import diagnostics from 'node:diagnostics_channel';

diagnostics.subscribe('fastify.initialization', ({ fastify }) => {
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) process.stdout.write(`route ${each} ${url}\n`);
  });
});
