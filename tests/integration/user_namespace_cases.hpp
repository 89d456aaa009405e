#pragma once

#include <array>
#include <string_view>

/// Lines about users, groups and capabilities that pidns must understand as unshare(1) does, as data:
/// options, separated by spaces, and what is promised for them. Those who run them have subordinate ids:
/// nobody users 100000 to 165535 and groups from 200000, root users 300000 to 365535 and groups from 400000.
namespace cases {

enum class Who { root, nobody };

/// Debian's unshare, of util-linux 2.38, takes the same options, and what is seen inside is the same.
struct Same {
  Who who;
  std::string_view options;
};

inline constexpr std::array same_as_unshare{
    // One id each
    Same{Who::nobody, "-U"},
    Same{Who::nobody, "--user"},
    Same{Who::nobody, "-r"},
    Same{Who::nobody, "--map-root-user"},
    Same{Who::nobody, "-c"},
    Same{Who::nobody, "--map-current-user"},
    Same{Who::nobody, "-U -r"},
    Same{Who::nobody, "-r -c"},
    Same{Who::nobody, "-c -r"},
    Same{Who::nobody, "--map-user 5"},
    Same{Who::nobody, "--map-user=root"},
    Same{Who::nobody, "--map-user daemon"},
    Same{Who::nobody, "--map-user 1 --map-user 2"},
    Same{Who::nobody, "--map-user 4294967294"},
    Same{Who::nobody, "--map-group 5"},
    Same{Who::nobody, "--map-group=daemon"},
    Same{Who::nobody, "--map-user 5 --map-group 6"},
    Same{Who::nobody, "--map-user root --map-group root"},
    Same{Who::nobody, "-r --map-user 5"},
    Same{Who::nobody, "--map-user 5 -r"},
    Same{Who::nobody, "-r --map-group 5"},
    Same{Who::nobody, "-c --map-user 0"},
    Same{Who::nobody, "-U --setgroups deny"},
    Same{Who::nobody, "-U --setgroups=allow"},
    Same{Who::nobody, "--map-user 0 --setgroups deny"},
    Same{Who::nobody, "--map-user 0 --setgroups allow"},
    Same{Who::root, "-U"},
    Same{Who::root, "-r"},
    Same{Who::root, "-c"},
    Same{Who::root, "--map-user 5"},
    Same{Who::root, "--map-user daemon --map-group daemon"},
    Same{Who::root, "--map-group 5"},
    Same{Who::root, "-U --setgroups deny"},
    Same{Who::root, "--setgroups allow"},
    // Blocks of ids
    Same{Who::nobody, "--map-auto"},
    Same{Who::nobody, "--map-users auto"},
    Same{Who::nobody, "--map-groups auto"},
    Same{Who::nobody, "--map-users=auto --map-groups=auto"},
    Same{Who::nobody, "--map-users auto --map-group 5"},
    Same{Who::nobody, "--map-user 5 --map-groups auto"},
    Same{Who::nobody, "--map-auto --setgroups allow"},
    Same{Who::nobody, "--map-users 100000,0,10"},
    Same{Who::nobody, "--map-groups 200000,0,10"},
    Same{Who::nobody, "--map-users 100000,0,10 --map-groups 200000,0,10"},
    Same{Who::nobody, "--map-users 100000,0,10 -r"},
    Same{Who::nobody, "--map-users 100000,0,10 -c"},
    Same{Who::nobody, "--map-users 100000,0,10 --map-user 5"},
    Same{Who::nobody, "--map-users 100000,0,10 --map-user 9"},
    Same{Who::nobody, "--map-groups 200000,0,10 --map-group 5"},
    Same{Who::nobody, "--map-groups 200000,0,10 -r"},
    Same{Who::nobody, "--map-users 100000,0,1"},
    Same{Who::nobody, "--map-users 165535,0,1 --map-user 7"},
    Same{Who::root, "--map-auto"},
    Same{Who::root, "--map-users auto"},
    Same{Who::root, "--map-users 300000,0,10"},
    Same{Who::root, "--map-users 300000,0,10 -r"},
    Same{Who::root, "--map-users 300000,0,10 --map-groups 400000,0,10 -r"},
    Same{Who::root, "--map-groups 400000,0,10 --map-group 3"},
    // Ids of the command
    Same{Who::nobody, "-r -S 0"},
    Same{Who::nobody, "-c --setuid 65534"},
    Same{Who::nobody, "--map-auto -S 5"},
    Same{Who::nobody, "--map-auto -G 6"},
    Same{Who::nobody, "--map-auto --setuid 5 --setgid 6"},
    Same{Who::root, "-S 5"},
    Same{Who::root, "-G 6"},
    Same{Who::root, "--setuid=5 --setgid=6"},
    Same{Who::root, "-S 65534 -G 65534"},
    Same{Who::root, "-r -S 0"},
    Same{Who::root, "--map-auto -S 5 -G 6"},
    // Capabilities
    Same{Who::nobody, "-r --keep-caps"},
    Same{Who::nobody, "-c --keep-caps"},
    Same{Who::nobody, "-U --keep-caps"},
    Same{Who::nobody, "--map-user 5 --keep-caps"},
    Same{Who::nobody, "--map-auto --keep-caps"},
    Same{Who::nobody, "--map-auto --keep-caps -S 5"},
    Same{Who::nobody, "--map-auto --keep-caps -S 0 -G 0"},
    Same{Who::root, "--keep-caps"},
    Same{Who::root, "-c --keep-caps"},
    Same{Who::root, "--map-user 5 --keep-caps"},
    Same{Who::root, "--keep-caps -S 5"},
    Same{Who::root, "--map-auto --keep-caps"},
};

/// What the manual page of util-linux 2.43 promises and 2.38 cannot do. Seen inside: the map of users, that
/// of groups, setgroups, and the ids of the command, as `INNER:OUTER:COUNT ... | ... | allow | UID GID`.
struct Promised {
  Who who;
  std::string_view options;
  std::string_view seen;
};

inline constexpr std::array promised{
    Promised{Who::nobody, "--map-users 0:100000:10", "0:100000:10 | | allow | 65534 65534"},
    Promised{Who::nobody, "--map-users=0:100000:10 -r", "0:65534:1 1:100000:9 | 0:65534:1 | deny | 0 0"},
    Promised{Who::nobody, "--map-users 0:100000:10 --map-user 5",
             "5:65534:1 0:100000:5 6:100005:4 | | allow | 5 65534"},
    Promised{Who::nobody, "--map-users 0:100000:5 --map-users 10:100010:5",
             "0:100000:5 10:100010:5 | | allow | 65534 65534"},
    Promised{Who::nobody, "--map-users 0:100000:5 --map-users 100010,10,5 --map-user 11",
             "11:65534:1 0:100000:5 10:100010:1 12:100011:3 | | allow | 11 65534"},
    Promised{Who::nobody, "--map-groups 0:200000:10 --map-group 0",
             " | 0:65534:1 1:200000:9 | allow | 65534 0"},
    Promised{Who::nobody, "--map-groups 0:200000:2 --map-groups 5:200005:2",
             " | 0:200000:2 5:200005:2 | allow | 65534 65534"},
    // No subordinate id is wasted for the hole, unlike with 2.38.
    Promised{Who::nobody, "--map-auto -r",
             "0:65534:1 1:100000:65536 | 0:65534:1 1:200000:65536 | allow | 0 0"},
    Promised{Who::nobody, "--map-auto -c",
             "65534:65534:1 0:100000:65534 65535:165534:2 | 65534:65534:1 0:200000:65534 65535:265534:2 | "
             "allow | 65534 65534"},
    Promised{Who::nobody, "-r --map-users auto", "0:65534:1 1:100000:65536 | 0:65534:1 | deny | 0 0"},
    Promised{Who::nobody, "--map-subids", "100000:100000:65536 | 200000:200000:65536 | allow | 65534 65534"},
    Promised{Who::nobody, "--map-users subids", "100000:100000:65536 | | allow | 65534 65534"},
    Promised{Who::nobody, "--map-groups=subids", " | 200000:200000:65536 | allow | 65534 65534"},
    Promised{Who::nobody, "--map-subids -r",
             "0:65534:1 100000:100000:65536 | 0:65534:1 200000:200000:65536 | allow | 0 0"},
    Promised{Who::nobody, "--map-subids -c",
             "65534:65534:1 100000:100000:65536 | 65534:65534:1 200000:200000:65536 | allow | 65534 65534"},
    Promised{Who::nobody, "--map-subids --map-user 100000",
             "100000:65534:1 100001:100000:65535 | 200000:200000:65536 | allow | 100000 65534"},
    Promised{Who::nobody, "--map-auto -r -S 5 -G 6",
             "0:65534:1 1:100000:65536 | 0:65534:1 1:200000:65536 | allow | 5 6"},
    Promised{Who::root, "--map-users all", "0:0:4294967295 | | allow | 0 65534"},
    Promised{Who::root, "--map-groups all", " | 0:0:4294967295 | allow | 65534 0"},
    Promised{Who::root, "--map-users all --map-groups all", "0:0:4294967295 | 0:0:4294967295 | allow | 0 0"},
    Promised{Who::root, "--map-users all --map-user 5", "5:0:1 0:1:5 6:6:4294967289 | | allow | 5 65534"},
    Promised{Who::root, "--map-users 0:0:10 -r", "0:0:1 1:1:9 | 0:0:1 | deny | 0 0"},
    // Root needs no subordinate ids for what it maps.
    Promised{Who::root, "--map-users 0:5:3 --map-groups 0:7:3", "0:5:3 | 0:7:3 | allow | 65534 65534"},
    Promised{Who::root, "--map-subids", "300000:300000:65536 | 400000:400000:65536 | allow | 65534 65534"},
    Promised{Who::root, "--map-auto -r", "0:0:1 1:300000:65536 | 0:0:1 1:400000:65536 | allow | 0 0"},
    Promised{Who::root, "--owner 1000:1000", " | | allow | 65534 65534"},
    Promised{Who::root, "--owner=1000:1000 -r", "0:0:1 | 0:0:1 | allow | 65534 65534"},
    Promised{Who::root, "--owner 1000:1001 --map-users all --map-groups all",
             "0:0:4294967295 | 0:0:4294967295 | allow | 1000 1001"},
    Promised{Who::root, "--owner 1000:1001 --map-users 0:1000:1 --map-groups 0:1001:1",
             "0:1000:1 | 0:1001:1 | allow | 0 0"},
    Promised{Who::root, "--owner 1000:1000 --map-users all --map-groups all -S 5 -G 6",
             "0:0:4294967295 | 0:0:4294967295 | allow | 5 6"},
};

/// Where pidns does on purpose what unshare does not.
struct Different {
  Who who;
  std::string_view options;
  std::string_view seen;  ///< as above
  std::string_view why;
};

inline constexpr std::array different{
    Different{Who::nobody, "-r --setgroups deny", "0:65534:1 | 0:65534:1 | deny | 0 0",
              "unshare denies it twice, and the kernel refuses the second time"},
    Different{Who::nobody, "--map-groups 0:200000:10 --setgroups deny", " | 0:200000:10 | deny | 65534 65534",
              "unshare denies it after the map is written, which the kernel refuses"},
    Different{Who::root, "--owner 1000:1000 --setgroups deny", " | | deny | 65534 65534",
              "unshare writes to a file in /proc that belongs to root by then"},
    Different{Who::nobody, "--map-users 0:100000:10 --map-user 10",
              "10:65534:1 0:100000:10 | | allow | 10 65534",
              "unshare takes an id from the block although the own one is behind it"},
};

/// A value, or options together, that cannot be right: nothing is unshared.
struct Refused {
  Who who;
  std::string_view options;
  std::string_view message;
};

inline constexpr std::array refused{
    Refused{Who::nobody, "--map-user no-such-user", "--map-user: unknown user 'no-such-user'"},
    Refused{Who::nobody, "--map-user -1", "--map-user: unknown user '-1'"},
    Refused{Who::nobody, "--map-user 4294967295", "--map-user: unknown user '4294967295'"},
    Refused{Who::nobody, "--map-user 4294967296", "--map-user: unknown user '4294967296'"},
    Refused{Who::root, "--map-user=1:2", "--map-user: unknown user '1:2'"},
    Refused{Who::nobody, "--map-group no-such-group", "--map-group: unknown group 'no-such-group'"},
    Refused{Who::nobody, "--map-group 99999999999", "--map-group: unknown group '99999999999'"},
    Refused{Who::nobody, "--map-users 1", "--map-users: 1 is not INNER:OUTER:COUNT, auto, subids or all"},
    Refused{Who::nobody, "--map-users 1:2", "--map-users: 1:2 is not INNER:OUTER:COUNT, auto, subids or all"},
    Refused{Who::nobody, "--map-users a:b:c",
            "--map-users: a:b:c is not INNER:OUTER:COUNT, auto, subids or all"},
    Refused{Who::nobody, "--map-users 0:100000:-1",
            "--map-users: 0:100000:-1 is not INNER:OUTER:COUNT, auto, subids or all"},
    Refused{Who::nobody, "--map-users 0:100000:4294967296",
            "--map-users: 0:100000:4294967296 is not INNER:OUTER:COUNT, auto, subids or all"},
    Refused{Who::nobody, "--map-users 0,1:2",
            "--map-users: 0,1:2 is not INNER:OUTER:COUNT, auto, subids or all"},
    Refused{Who::nobody, "--map-groups none",
            "--map-groups: none is not INNER:OUTER:COUNT, auto, subids or all"},
    Refused{Who::root, "--map-users 0:0:0", "--map-users: 0:0:0 maps no ID"},
    Refused{Who::root, "--map-users 4294967295:0:1",
            "--map-users: 4294967295:0:1 goes beyond 4294967294, the last ID"},
    Refused{Who::root, "--map-groups 0:1:4294967295",
            "--map-groups: 0:1:4294967295 goes beyond 4294967294, the last ID"},
    Refused{Who::root, "--map-users 0:5:10 --map-users 9:100:1", "--map-users: 0:5:10 and 9:100:1 overlap"},
    Refused{Who::root, "--map-auto --map-groups auto",
            "--map-groups: 0:400000:65536 and 0:400000:65536 overlap"},
    Refused{Who::nobody, "--owner 65534", "--owner: 65534 is not UID:GID"},
    Refused{Who::root, "--owner root:root", "--owner: root:root is not UID:GID"},
    Refused{Who::root, "--owner 1:2:3", "--owner: 1:2:3 is not UID:GID"},
    Refused{Who::nobody, "--owner 65534:65534",
            "--owner: needs the capabilities to become another user and group"},
    Refused{Who::nobody, "--setgroups maybe", "--setgroups: maybe is not allow or deny"},
    Refused{Who::root, "--setgroups deny",
            "--setgroups=deny: needs a user namespace: --user or one of the maps"},
    Refused{Who::nobody, "-r --setgroups allow",
            "--setgroups=allow and --map-group, which -r and -c imply: mutually exclusive"},
    Refused{Who::nobody, "--map-group 5 --setgroups allow",
            "--setgroups=allow and --map-group, which -r and -c imply: mutually exclusive"},
    Refused{Who::root, "-S no-such-user", "--setuid: unknown user 'no-such-user'"},
    Refused{Who::root, "-S 4294967295", "--setuid: 4294967295 is not an ID"},
    Refused{Who::root, "-G -1", "--setgid: -1 is not an ID"},
    Refused{Who::root, "--setgid 4294967296", "--setgid: 4294967296 is not an ID"},
};

}  // namespace cases
