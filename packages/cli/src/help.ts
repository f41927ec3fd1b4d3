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

const NODE_EXIT = 'Exit status: 0 done, 1 it did not work, 2 for a wrong command line or configuration.'

export const NODE_INIT_HELP = `
What is not given is asked for, if somebody is at the terminal. Nothing that is there is ever overwritten.

Examples:
  starling node init
  starling node init --config /etc/starling/node.json --data /var/lib/starling \\
    --network network.json --address 198.51.100.7 --operator 'Example e. V.' --max-storage 200G
  starling node init --network network.json --address 198.51.100.7 --import keys.starling

Exit status: 0 if the node can run, 1 if something keeps it from that, 2 for a wrong command line.`

export const NODE_CHECK_HELP = `
Examples:
  starling node check --config /etc/starling/node.json
  starling node check --json | jq '.findings[] | select(.level != "good")'

Exit status: 0 if the node can run, 1 if something keeps it from that, 2 for a wrong command line or configuration.`

export const NODE_RUN_HELP = `
The node logs JSON lines to standard output. SIGTERM and Ctrl+C stop it in order. STARLING_NODE_… variables
override the file, for example STARLING_NODE_LOG_LEVEL=debug. It may read its own files and write to its data folder
only, and start no programs.

Examples:
  starling node run --config /etc/starling/node.json

Exit status: 0 stopped, or left the network; 1 failed; 2 for a wrong command line or configuration.`

export const NODE_STATUS_HELP = `
Asks the metrics port of the running node.

Examples:
  starling node status --config /etc/starling/node.json
  starling node status --once
  starling node status --json | jq .store

Exit status: 0 if the node is ready, 1 if not or if it does not run, 2 for a wrong command line or configuration.`

export const NODE_JOIN_HELP = `
Shows the node ID, which a directory member must invite, and waits until the running node is in the directory and has
fetched what belongs to it. Takes back an earlier \`leave\`. The node itself does all that: ending this ends nothing.

Examples:
  starling node join --config /etc/starling/node.json
  starling node join --timeout 600

${NODE_EXIT}`

export const NODE_LEAVE_HELP = `
The node says that it leaves, serves until the directory is without it, hands over what others lack, and stops. After
that it does not come back by itself, also not when it is started: \`starling node join\` takes it back.

Examples:
  starling node leave --config /etc/starling/node.json
  starling node leave --cancel

${NODE_EXIT}`

export const NODE_INVITE_HELP = `
Changes "invited" in the configuration of this directory member, and tells the running node.

Examples:
  starling node invite 64…hex…digits --config /etc/starling/node.json
  starling node invite 64…hex…digits --remove

${NODE_EXIT}`

export const NODE_EXPORT_HELP = `
The file holds the node's key, its HTTPS certificate, and its directory key if it has one. No messages.

Examples:
  starling node export --config /etc/starling/node.json --output keys.starling
  starling node export --output keys.starling --passphrase-file passphrase.txt

${NODE_EXIT}`

export const NODE_IMPORT_HELP = `
The configuration says where the keys go. Keys that are there are never overwritten.

Examples:
  starling node import keys.starling --config /etc/starling/node.json
  starling node import keys.starling < passphrase.txt

${NODE_EXIT}`

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

export const PREVIEWS_RUN_HELP = `
It opens onion requests that the last hops of a network bring, and fetches the page that each one names: over https,
from public addresses alone. It learns which pages are asked for, and never by whom. It prints its public key, which
stands in the network file together with its address: see docs/operating.md.

Examples:
  starling previews run --key previews.key
  starling previews run --key /var/lib/starling-previews/previews.key --host 0.0.0.0 --port 22024

Exit status: 0 when stopped, 1 on failure, 2 for a wrong command line.`

const APP_EXIT = 'Exit status: 0 if all is well, 1 if something differs or failed, 2 for a wrong command line.'

export const APP_VERIFY_HELP = `
Every file is compared with the signed list of the build, build.json. Get the key from those who publish the app, by another way than the app itself.

Examples:
  starling app verify https://node.example.org/app/ --key 9f86…64 digits…
  starling app verify packages/web/dist
  starling app verify http://127.0.0.1:8420/ --json

${APP_EXIT}`

export const APP_SIGN_HELP = `
The same sources give the same build, so several people can build and sign it, each with a key of their own.

Examples:
  starling app sign --key release.key
  starling app sign /srv/app --key ~/keys/release.key

${APP_EXIT}`

export const APP_KEY_HELP = `
The file is made readable by its owner alone. Who has it can sign any app in your name: keep it off machines that serve.

Examples:
  starling app key release.key

${APP_EXIT}`

export const ACCOUNT_PASSPHRASE_HELP = `
Each attempt costs time, and wrong ones more and more; a forgotten passphrase cannot be recovered, but the recovery
phrase brings the account back in another folder. Programs that cannot ask read the file that STARLING_PASSPHRASE_FILE
names.

Examples:
  starling account passphrase
  starling account passphrase --remove

Exit status: 0 done, 1 it did not work, 2 for a wrong command line.`

export const ACCOUNT_EXPORT_HELP = `
Examples:
  starling account export --output alice.starling
  starling account export --output alice --readable --media

Which files could not be downloaded, and why, is in the JSON.

Exit status: 0 done, 1 it did not work, 2 for a wrong command line.`

export const ACCOUNT_IMPORT_HELP = `
Once more changes nothing. An empty folder gets the account as well.

Examples:
  starling account import alice.starling
  starling account import alice.starling --folder ~/alice-2 --passphrase-file passphrase.txt

Exit status: 0 done, 1 it did not work, 2 for a wrong command line.`
