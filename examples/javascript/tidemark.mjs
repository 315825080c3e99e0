// Starts a Tidemark server for tests and moves its clock. Copy it.
//
// The program is found on the PATH (go install github.com/tidemark-db/tidemark/cmd/tidemark@latest), or where the
// environment variable TIDEMARK says.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

// start returns a server with a clock that stands still until it is moved. It takes further flags of the program.
export async function start(...flags) {
  const program = process.env.TIDEMARK ?? 'tidemark';
  const child = spawn(program, ['-addr', '127.0.0.1:0', '-clock', 'manual', '-log', 'error', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const begun = once(createInterface(child.stdout), 'line'); // as soon as it listens
  const [first] = await Promise.race([begun, ended]);
  if (typeof first !== 'string') throw new Error(`${program} has not started: it ended with ${first}`);
  const url = first.split(' ').at(-1);

  async function control(name, members) {
    const post = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(members) };
    const answer = await fetch(`${url}/_tidemark/${name}`, members && post);
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.error);
    return body;
  }
  return {
    url,
    // What a client of the SDK needs. Accounts do not see each other: tests that run side by side can have one each.
    settings: (account = '123456789012') => ({
      endpoint: url, region: 'us-east-1', credentials: { accessKeyId: account, secretAccessKey: 'any' },
    }),
    // Forgets all tables and backups, of all accounts. The clock stays.
    reset: () => control('reset', {}),
    // Moves the clock ahead, by '90m' for example, and returns what it shows then.
    advance: async (duration) => new Date((await control('clock', { advance: duration })).now),
    now: async () => new Date((await control('clock')).now),
    close: async () => { child.kill(); await ended; },
  };
}
