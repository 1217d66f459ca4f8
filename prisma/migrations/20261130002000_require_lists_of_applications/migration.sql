-- An application has these lists, if empty ones. Prisma makes the column of a list without NOT NULL.
ALTER TABLE "oidc_clients"
  ALTER COLUMN "redirect_uris" SET NOT NULL,
  ALTER COLUMN "post_logout_redirect_uris" SET NOT NULL,
  ALTER COLUMN "scopes" SET NOT NULL,
  ALTER COLUMN "resources" SET NOT NULL;
