/** The part that the specs use: the package brings no types. */
declare module 'passport-openidconnect' {
  import { type Strategy as PassportStrategy } from 'passport';

  const module: { Strategy: new (options: object, verify: (...result: never[]) => void) => PassportStrategy };
  export default module;
}
