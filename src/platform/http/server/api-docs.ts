import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { DIST } from '../../config/folders.js';

/** Where the build puts assets of other makers. */
const ASSETS = join(DIST, 'docs-assets');

/** Swagger UI and ReDoc style themselves in the page; scripts come from this service only. */
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const REDOC_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Masuk API</title>
<style>body { margin: 0 }</style>
</head>
<body>
<redoc spec-url="/openapi.json" disable-search hide-download-button></redoc>
<script src="/redoc/redoc.standalone.js"></script>
</body>
</html>
`;

/** The API's description, the same for `/openapi.json`, both pages and the committed file. */
export function apiDocument(app: NestFastifyApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('Masuk')
    .setDescription('Passwordless login with a one-time code on WhatsApp.')
    .setVersion('0.1.0')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/')
    .addTag('Login', 'Login by a code on WhatsApp, or by password')
    .addTag('Forgot password', 'Resetting a password in three steps, with a code on WhatsApp')
    .addTag('Sessions', 'Where an account is logged in')
    .addTag('Own pages', 'Routes of the hosted pages, which keep the session in a cookie')
    .addTag('Dashboard', 'Routes of the replaced dashboard, for the same accounts and sessions')
    .addTag('Conversations', 'Messages that people write on WhatsApp, for the staff who answer')
    .addTag('Webhooks', 'Webhooks that messaging providers call')
    .addTag('API keys', 'Keys for other services that call this one')
    .addTag('Own account', 'Routes of the person who is logged in')
    .addTag('Users', 'Managing accounts, for admins')
    .addTag('Audit log', 'Security events, for admins')
    .addTag('WhatsApp gateway', 'Linked WhatsApp accounts and the messages sent by them')
    .addTag('Delivery', 'The state of providers and the delivery of messages')
    .addTag('Keys', 'For services that verify our tokens')
    .addTag('Health', 'For monitoring')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'bearer')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, 'apiKey');
  const document = SwaggerModule.createDocument(app, builder.build());
  // What no decorator closes is open to everybody, and the description says so instead of leaving it out.
  for (const path of Object.values(document.paths)) {
    for (const operation of [path.get, path.post, path.put, path.patch, path.delete])
      if (operation) operation.security ??= [];
  }
  sortValues(document);
  return document;
}

/** Values of a type come in the order in which the compiler met them, and a build of only what has changed meets them in another. */
function sortValues(part: unknown): void {
  if (typeof part !== 'object' || part === null) return;
  const fields = part as Record<string, unknown>;
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'enum' && Array.isArray(value)) fields[name] = [...(value as unknown[])].sort();
    else sortValues(value);
  }
}

/**
 * Serves `/docs` (Swagger UI), `/redoc` and `/openapi.json`; every script comes from this service. The description is
 * made when somebody first asks for it: it takes a tenth of the service's start.
 */
export function mountApiDocs(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => apiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    customSiteTitle: 'Masuk API',
    swaggerOptions: { persistAuthorization: false, tryItOutEnabled: true, displayRequestDuration: true },
  });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (/^\/(docs|redoc)(\/|$|\?)/.test(request.url)) void reply.header('content-security-policy', DOCS_POLICY);
    done(null, payload);
  });
  fastify.get('/redoc', (_request, reply: FastifyReply) => reply.type('text/html; charset=utf-8').send(REDOC_PAGE));
  let script: Buffer | undefined;
  fastify.get('/redoc/redoc.standalone.js', (_request, reply: FastifyReply) => {
    script ??= readFileSync(join(ASSETS, 'redoc.standalone.js'));
    return reply.type('text/javascript; charset=utf-8').header('cache-control', 'public, max-age=86400').send(script);
  });
}
