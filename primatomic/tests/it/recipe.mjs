// The retry recipe that is published for clients of the API, with 2,000 requests.
//
// node recipe.mjs URL KEY CONCURRENCY

const [url, key, concurrency] = process.argv.slice(2);
const REQUESTS = 2000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class HttpError extends Error {
  constructor(response) {
    super(`status ${response.status}`);
    this.status = response.status;
    this.headers = response.headers;
  }
}

async function request() {
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(`${url}/tenants/me`, { headers });
  await response.text();
  if (!response.ok) throw new HttpError(response);
}

let refusals = 0;

// Waits as long as the server says, twice as long each time, and up to a second more.
async function withRateLimitRetry(call, maxRetries = 5) {
  for (let attempt = 0; attempt < maxRetries; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (error.status !== 429) throw error;
      refusals += 1;
      const retryAfter = parseInt(error.headers.get('Retry-After') || '1');
      await sleep(retryAfter * 1000 * 2 ** attempt + Math.random() * 1000);
    }
  }
  throw new Error('Rate limit: max retries exceeded');
}

let sent = 0;
let failures = 0;

async function work() {
  while (sent < REQUESTS) {
    sent += 1;
    try {
      await withRateLimitRetry(request);
    } catch (error) {
      failures += 1;
      console.error(error);
    }
  }
}

const begun = Date.now();
await Promise.all(Array.from({ length: Number(concurrency) }, work));
const seconds = (Date.now() - begun) / 1000;
console.log(JSON.stringify({ requests: sent, failures, refusals, seconds }));
