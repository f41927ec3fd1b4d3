/** What `--help` adds to the commands for messages and conversations. */

export const SEND_HELP = `
Returns when the nodes of the recipient's swarm have stored the message. It waits there until the recipient comes
online, for 14 days at most.

No link is ever followed without --preview. With it, a service that the network file lists fetches the page, for 30
seconds at most: it learns the link, but not who asks, because the request takes a path of three relays. If there is
no preview, a line says so and the message goes without one.

Examples:
  starling send 05…66 digits…  'See you at eight'
  date | starling send 05…66 digits… -
  starling send 05…66 digits… 'Yes!' --reply 05…66 digits….1767225600001.i
  starling send 05…66 digits… 'Read https://news.example/story' --preview

Exit status: 0 if it is stored, 1 if not, 2 for a wrong command line.`

export const LISTEN_HELP = `
Messages that are printed count as read. Times are UTC.

Examples:
  starling listen
  starling listen --json | jq -r .text
  starling listen --count 1 --timeout 60

Exit status: 0 when ended or after --count messages, 1 if they did not come in time, 2 for a wrong command line.`

const NETWORK_EXIT =
  'Exit status: 0 done, 1 it did not work or the network was not told in time, 2 for a wrong command line.'

export const REACT_HELP = `
One of each emoji for a message; at most 20 in a minute.

Examples:
  starling react 05…66 digits….1767225600001.i 👍
  starling react 05…66 digits….1767225600001.i 👍 --remove

${NETWORK_EXIT}`

export const DELETE_HELP = `
--for this-device   from here alone
--for my-devices    from all devices of this account, and from its swarm
--for everyone      own messages only: the other side is asked to delete them as well. They may have been read, and
                    other programs may keep them.

Examples:
  starling delete 05…66 digits….1767225600001.o --for everyone

${NETWORK_EXIT}`

export const CHATS_HELP = `
Examples:
  starling chats
  starling chats --json | jq -r 'select(.unread > 0) | .name'

Exit status: 0 done, 1 it did not work, 2 for a wrong command line.`

export const REQUESTS_HELP = `
Nothing is loaded for a request, and its sender learns nothing, until it is accepted.

Examples:
  starling requests
  starling accept 05…66 digits…

Exit status: 0 done, 1 it did not work, 2 for a wrong command line.`

export const DECIDE_HELP = `
Other devices of this account follow.

Examples:
  starling accept 05…66 digits…
  starling decline 05…66 digits…
  starling block 05…66 digits…
  starling unblock 05…66 digits…

${NETWORK_EXIT}`

export const HISTORY_HELP = `
Shows what this device has, and marks nothing as read. Times are UTC.

Examples:
  starling history 05…66 digits…
  starling history 05…66 digits… --limit 1000 --json | jq -r .text

Exit status: 0 done, 1 it did not work, 2 for a wrong command line.`

export const SEARCH_HELP = `
Looks into the messages of this device; nothing is asked of the network.

Examples:
  starling search eight o'clock
  starling search --in 05…66 digits… tickets --json

Exit status: 0 done (also if nothing was found), 1 it did not work, 2 for a wrong command line.`

export const DEVICES_HELP = `
There is no list of devices in the network: every device that has the recovery phrase is one. What others do shows as
they do it: kinds and numbers, no names and no texts.

Examples:
  starling devices
  starling devices --timeout 60 --json

Exit status: 0 when ended, 1 it did not work, 2 for a wrong command line.`

export const BOT_HELP = `
The folder gets a program of one page, bot.ts, and the network file. The first run makes the account and prints its ID.

Examples:
  starling bot my-bot --name 'Weather'
  node my-bot/bot.ts

Exit status: 0 done, 1 it did not work, 2 for a wrong command line.`
