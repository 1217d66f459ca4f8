/**
 * The package's own arguments are made for one page in one function: a browser in one process dies with its first page,
 * and one without web security lets every origin read what CORS keeps from it. A GPU that software imitates costs three
 * times what all else does, and no page of ours draws with one.
 *
 * @param {readonly string[]} given the arguments of `@sparticuz/chromium`
 * @returns {string[]} those that a browser of ours is started with
 */
export const chromiumArguments = (given) => [
  ...given.filter(
    (argument) =>
      !/single-process|no-zygote|disable-web-security|allow-running-insecure|site-isolation|gpu|angle|swiftshader/.test(
        argument,
      ),
  ),
  '--disable-gpu',
];
