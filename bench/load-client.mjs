/** The load generator's HTTP client: many keep-alive connections, each call timed and its failure remembered. */
import http from 'node:http';

/** More failures than this say nothing new. */
const FAILURES_SHOWN = 5;

/** People behind one address: with more, an address would have more unverified sends under way than it is allowed. */
const PEOPLE_AN_ADDRESS = 16;

export class LoadClient {
  #agents;
  #took = new Map();
  #failures = new Map();
  /** Calls that have been answered; whoever sees it stand still for long knows that something hangs. */
  answered = 0;

  /** @param people how many call at a time: they share addresses of the loopback network, 16 to an address */
  constructor(base, people) {
    this.base = base;
    const addresses = Math.ceil(people / PEOPLE_AN_ADDRESS);
    this.#agents = Array.from(
      { length: addresses },
      (_, at) => new http.Agent({ keepAlive: true, maxSockets: 256, localAddress: `127.0.0.${at + 1}` }),
    );
  }

  /** Calls once, without taking the time; `person` decides about the address that the call comes from. */
  async call(person, { path, body, headers = {} }, base = this.base) {
    const data = body && JSON.stringify(body);
    const own = data
      ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(data), origin: this.base }
      : {};
    const answer = await new Promise((resolve, reject) => {
      const options = {
        method: data ? 'POST' : 'GET',
        agent: this.#agents[Math.floor(person / PEOPLE_AN_ADDRESS)],
        headers: { ...own, ...headers },
      };
      const request = http.request(base + path, options, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode, text }));
      });
      request.on('error', reject);
      request.end(data);
    });
    this.answered += 1;
    return answer;
  }

  /** Calls the target as one step of what is measured. @returns the answer's text, or null after a failure */
  async step(person, name, call) {
    const started = performance.now();
    const { status, text } = await this.call(person, call).catch((error) => ({ status: error.code, text: '' }));
    const times = this.#took.get(name) ?? [];
    times.push(performance.now() - started);
    this.#took.set(name, times);
    if (status >= 200 && status < 300) return text;
    this.fail(`${name} ${status} ${text.slice(0, 160)}`);
    return null;
  }

  fail(said) {
    this.#failures.set(said, (this.#failures.get(said) ?? 0) + 1);
  }

  /** What was taken down before this moment was only practice. */
  forget() {
    this.#took.clear();
  }

  /** @returns the times in ms of each step (p50, p99), and the first few kinds of failure with their counts */
  summary() {
    const steps = {};
    for (const [name, times] of this.#took) {
      times.sort((a, b) => a - b);
      steps[name] = { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
    }
    return { steps, failures: [...this.#failures].slice(0, FAILURES_SHOWN) };
  }
}

function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
