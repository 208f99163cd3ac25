// Command lines that both programs must answer alike. Lines that are answered otherwise on purpose
// are in `DIFFERENT_LINES`, each with what Tandem says instead.

/** Each line is sent on a connection of its own, in this order; `@live` is a port that answers. */
export const SAME_LINES = `
set server
set server be
set server be/
set server be/b1
set server nope/b1 state ready
set server be/nope state ready
set server be/b1 bogus x
set server be/b1 state
set server be/b1 state bogus
set server be/b1 state READY
set server be/b1 state drain
show servers state be
set server be/b1 state maint
show servers state be
set server be/b1 state ready
set server be/b1 weight
set server be/b1 weight 20
get weight be/b1
set server be/b1 weight 50%
get weight be/b1
set server be/b1 weight 257
set server be/b1 weight -1
set server be/b1 weight x
set server be/b1 weight 10x
set server be/b1 weight 10%x
set server be/b1 weight -5%
set server be/b1 weight 3000%
get weight be/b1
set server be/b1 weight 100%
set weight be/b1 5
set weight be/b1
set weight
set weight be
set weight nope/x 5
get weight
get weight be/nope
get weight nope/b1
get weight be/b1 extra
set server st/s1 weight 5
set server st/s1 weight 0
set server st/s1 weight 100%
set server st/s1 weight 50%
set server be/b1 addr
set server be/b1 addr 127.0.0.1
set server be/b1 addr 127.0.0.2
set server be/b1 addr 127.0.0.2 port
set server be/b1 addr 127.0.0.2 port 28901
set server be/b1 addr 127.0.0.3 port 28911
set server be/b1 addr 127.0.0.3 port +1
set server be/b1 addr 127.0.0.3 port x
set server be/b1 addr 127.0.0.3 bogus 1
set server be/b1 addr ::1
set server be/b1 addr ::0:1
set server be/b1 addr localhost
set server be/b1 addr 300.1.1.1
set server be/b1 addr *
show servers state be
set server be/b1 addr 127.0.0.1 port 28901
set server be/b2 addr 127.0.0.1 port +5
set server be/b1 health
set server be/b1 health bogus
set server be/b2 health stopping
show servers state be
set server be/b2 health down
show servers state be
set server be/b2 health up
set server be/b5 health up
set server be/b1 agent up
set server be/b4 agent
set server be/b4 agent bogus
set server be/b4 agent down
set server be/b4 agent up
set server be/b4 agent-addr
set server be/b4 agent-addr 127.0.0.9
set server be/b4 agent-addr foo
set server be/b1 agent-addr 127.0.0.9
set server be/b4 agent-port 1
set server be/b4 agent-port
set server be/b4 agent-port x
set server be/b4 agent-port 99999
set server be/b4 agent-addr 127.0.0.9 port 8
set server be/b4 agent-addr 127.0.0.9 port x
set server be/b4 agent-addr 127.0.0.9 port
set server be/b4 agent-addr 127.0.0.9 bogus
set server be/b4 agent-send hello
set server be/b1 agent-send hello
set server be/b2 check-port
set server be/b2 check-port @live
set server be/b2 check-port x
set server be/b2 check-port 70000
set server be/b1 check-port 80
set server be/b2 check-addr 127.0.0.8
set server be/b2 check-addr 127.0.0.8 port @live
set server be/b2 check-addr 127.0.0.8 port 99999
set server be/b2 check-addr xx
set server be/b2 check-addr
set server be/b1 check-addr 127.0.0.8
show servers state be
set server be/b1 fqdn
set server be/b1 fqdn example.com
set server be/b1 ssl on
set server be/b1/x weight 5
set server /b1 weight 5
set server be/#1 weight 3
get weight be/b1
set server be/b1 state maint extra words
set server be/b1 state ready
disable server
disable server be
disable server be/nope
disable server nope/b1
disable server be/b2
show servers state be
enable server be/b2
enable server be/b6
show servers state be
disable server be/b6
enable health be/b1
disable health be/b1
disable health be/b2
show servers state be
enable health be/b2
enable health be/b5
disable agent be/b1
disable agent be/b4
show servers state be
enable agent be/b4
enable agent be/b1
disable frontend
disable frontend nope
disable frontend be
disable frontend fe2
disable frontend fe2
enable frontend fe2
enable frontend fe2
enable frontend
set maxconn server be/b4 7
set maxconn server be/b4
set maxconn server be/b4 x
set maxconn server be/b4 5x
set maxconn server be/nope 7
set maxconn server be
set maxconn frontend
set maxconn frontend fe
set maxconn frontend fe 50
set maxconn frontend fe -1
set maxconn frontend nope 5
set maxconn frontend be 5
set maxconn global
set maxconn global 500
set maxconn global 0
set maxconn global 5000000
set rate-limit
set rate-limit connections
set rate-limit connections global
set rate-limit connections global 100
set rate-limit connections bogus 100
set rate-limit connections global -1
set rate-limit connections global 0
set rate-limit sessions bogus 10
set rate-limit sessions global 0
set rate-limit bogus global 5
set timeout
set timeout cli
set timeout cli 0
set timeout cli 20
set timeout cli 20s
set timeout cli x
set timeout bogus 5
shutdown session
shutdown session 0x1234
shutdown session bogus
shutdown sessions server
shutdown sessions server be
shutdown sessions server be/b1
shutdown sessions server be/nope
shutdown frontend
shutdown frontend nope
shutdown frontend be
shutdown frontend fe2
shutdown frontend fe2
enable frontend fe2
disable frontend fe2
clear counters
clear counters all
clear counters bogus
clear table
clear table nope
clear table be
clear table be key
clear table be key x
clear table be bogus
clear table be data.conn_cnt
clear table be data.conn_cnt gt
clear table be data.conn_cnt bogus 1
clear table be data.conn_cnt gt x
clear table be data.conn_cnt gt 1
clear table be data.bogus gt 1
clear table be data.bytes_in_cnt gt 1
clear table be data.conn_cnt gt 1 data.gpc0 eq 0
clear table be data.gpc0 eq 1 data.gpc0 eq 1 data.gpc0 eq 1 data.gpc0 eq 1 data.gpc0 eq 1
clear table be data.gpc0 eq 1 key a
clear table be data.gpc0 eq 1 data.bogus
clear table be data.server_key eq b1
clear table fe
set table
set table nope
set table be
set table be key
set table be key a
set table be key a data.gpc0
set table be key a data.gpc0 5
set table be key b data.gpc0 5 data.conn_rate 10 data.conn_cnt 2
set table be key b data.bogus 5
set table be key b data.bytes_in_cnt 5
set table be key a data.gpc0 x
set table be key a data.gpc0 0x10
set table be key a bogus 5
set table be key e data.server_id 2
set table be key e data.server_key b2
set table be key a-key-which-is-very-long-longer-than-the-limit data.gpc0 1
show table be
set table be data.gpc0 5
set table be bogus 1
clear table be key a
clear table be data.gpc0 eq 5
show table be
show table be key b
show table be data.gpc0 ge 1
set table be key x data.server_id 3000000000 data.gpc0 4294967297
set table be key x data.conn_cnt 010
show table be key x
set table tip key 1.2.3.4 data.gpt0 7
set table tip key 1.2.3.6 data.gpt0 -3 data.server_id -4
set table tip key 1.2.3.7 data.http_req_rate 77
show table tip
clear table tip key 9.9.9.9
set table tint key 6 data.gpc0 3
set table tint key -5 data.gpc 3
set table tint key 99999999999 data.gpc 3
set table tint key 6 data.gpc 3
set table tint key 6 data.gpc_rate 3
set table tint key 6 data.gpc[1] 3
show table tint key 6
clear table tint data.gpc0 eq 3
clear table tint data.gpc eq 3
clear table tint key 9
set table tbin key abcd data.gpc0 1
clear table tbin key abcd
clear table tbin
add server
add server be
add server be/n1
add server nope/n1 127.0.0.1:28910
add server be/n1 127.0.0.1:28910
add server be/b1 127.0.0.1:28910
add server be/n2 127.0.0.1:28911 weight 5 maxconn 9
add server be/n3 127.0.0.1:28911 bogus
add server be/n3 127.0.0.1:28911 check inter 10m
add server be/n4 127.0.0.1:28911 slowstart 5s
add server be/n5 127.0.0.1:28911 id 77
add server be/n10 127.0.0.1:28911 send-proxy
add server be/n11 127.0.0.1:28911 backup weight 7
add server be/n12 127.0.0.1:28911 disabled
add server be/n15 127.0.0.1:28911 track be/b2
add server be/n16 127.0.0.1:28911 on-marked-down shutdown-sessions
add server be/n17 127.0.0.1:28911 observe layer4
add server be/n18 127.0.0.1:28911 resolvers x
add server be/n19 127.0.0.1:28911 init-addr last
add server be/n20 127.0.0.1:28911 cookie x
add server be/n23 127.0.0.1:28911 non-stick
add server be/n24 127.0.0.1:28911 stick
add server be/n26 127.0.0.1:28911 tcp-ut 5s
add server be/n37 127.0.0.1:28911 namespace x
add server be/n40 127.0.0.1:99999
add server be/n41 127.0.0.1:5 track be/nope
add server be/n42 127.0.0.1:1-5
add server be/n43 [::1]:5
add server be/n-44! 127.0.0.1:28911
add server st/n36 127.0.0.1:28911
get weight be/n2
get weight be/n11
enable health be/n3
del server
del server be
del server be/nope
del server nope/b1
del server be/b1
del server be/b2
del server be/n1
disable server be/b3
del server be/b3
del server be/n3
show servers state be
show servers state nope
set severity-output bogus
set severity-output number
experimental-mode
expert-mode on
`
  .trim()
  .split("\n");

/** Lines that HAProxy answers in its own way, and what Tandem answers. */
export const DIFFERENT_LINES: readonly (readonly [line: string, answer: RegExp, why: string])[] = [
  ["set maxconn frontend fe x", /^Integer value expected\.$/, "HAProxy takes it for 0"],
  ["set maxconn global x", /^Expects an integer value\.$/, "HAProxy takes it for 0"],
  ["set maxconn server be/b4 -3", /^Value out of range\.$/, "HAProxy takes it"],
  ["set rate-limit ssl-sessions global 5", /is not served/, "there is no such limit"],
  ["set table tip key foo data.gpt0 7", /^Invalid key$/, "HAProxy stores it as 0.0.0.0"],
  [
    "add server be/m1 localhost:5",
    /names are resolved at start/,
    "HAProxy adds it without address",
  ],
  ["add server be/m2 127.0.0.1:5 ssl", /put it in the file and reload/, "certificates need files"],
  ["set ssl cert x", /replace the file and reload/, "certificates need files"],
  ["set map x y z", /change the file and reload/, "patterns are read at reload"],
];
