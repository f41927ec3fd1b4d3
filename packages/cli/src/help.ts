/** What `--help` adds to the options: examples and exit status. One place, so that help does not load the commands. */

export const PROGRAM_HELP = `
Examples:
  starling network up --app
  starling account create --name Alice
  starling send 05…66 digits… 'See you at eight'
  starling listen`

export const NETWORK_UP_HELP = `
The first start makes a network of 12 nodes: keys, configuration, network.json for clients and
nodes.json for load generators. Later starts find the same network and its messages.

Examples:
  starling network up
  starling network up --app
  starling network up --nodes 4 --swarm-size 2 --folder /tmp/small --port-base 23000

Exit status: 0 when stopped or running already, 1 on failure, 2 for a wrong command line.`

export const NETWORK_STATUS_HELP = `
Examples:
  starling network status
  starling network status --json | jq '.nodes[] | select(.state != "ready")'

Exit status: 0 if every node is ready, 1 if not or if there is no network, 2 for a wrong command line.`

export const NETWORK_DOWN_HELP = `
Nodes get ten seconds to stop by themselves. Keys and messages are kept.

Examples:
  starling network down
  starling network down --folder /tmp/small

Exit status: 0 if nothing runs any more, 1 on failure, 2 for a wrong command line.`

export const NODE_RUN_HELP = `
The node logs JSON lines to standard output. SIGTERM and Ctrl+C stop it in order. STARLING_NODE_… variables
override the file, for example STARLING_NODE_LOG_LEVEL=debug.

Examples:
  starling node run --config /etc/starling/node.json`

export const ACCOUNT_CREATE_HELP = `
Examples:
  starling account create --name Alice
  starling account create --name Bob --folder ~/bob --json`

export const ACCOUNT_RESTORE_HELP = `
The phrase is asked for, or read from standard input; it is never an argument.

Examples:
  starling account restore
  starling account restore --folder ~/alice-2 < phrase.txt`

export const ACCOUNT_SHOW_HELP = `
Examples:
  starling account show
  starling account show --json
  starling account show --phrase`

export const ACCOUNT_RENAME_HELP = `
Examples:
  starling account rename 'Alice in the lab'`

export const SEND_HELP = `
Returns when the nodes of the recipient's swarm have stored the message. It waits there until the recipient comes
online, for 14 days at most.

Examples:
  starling send 05…66 digits…  'See you at eight'
  date | starling send 05…66 digits… -

Exit status: 0 if it is stored, 1 if not, 2 for a wrong command line.`

export const LISTEN_HELP = `
Messages that are printed count as read. Times are UTC.

Examples:
  starling listen
  starling listen --json | jq -r .text
  starling listen --count 1 --timeout 60

Exit status: 0 when ended or after --count messages, 1 if they did not come in time, 2 for a wrong command line.`
