# syntax=docker/dockerfile:1
# Two stages: `build` makes the release that every server runs (`npm run release`) and installs what it needs, the last one is
# the image.
FROM node:24-slim AS build
WORKDIR /app
ENV npm_config_update_notifier=false
# .npmrc switches install scripts off: nothing but the lock file decides what gets in.
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY . .
RUN --mount=type=cache,target=/root/.npm npm run release \
  && mkdir /release && tar -xzf release/masuk-*.tgz --strip-components=1 -C /release \
  && cd /release && npm ci

FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=5000
COPY --from=build /release ./
USER node
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Exec form: the service is process 1 and gets SIGTERM itself.
CMD ["node", "dist/main.js"]
