/** The address of the file with all icons; `web/build.mjs` makes it. */
declare module 'virtual:icons' {
  export const sprite: string;
}
