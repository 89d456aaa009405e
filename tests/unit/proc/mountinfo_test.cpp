#include "pidns/proc/mountinfo.hpp"

#include "support/catch.hpp"

using namespace pidns;

namespace {

constexpr std::string_view table =
    "22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw\n"
    "23 27 0:22 / /sys rw master:3 - sysfs sysfs rw\n"
    "24 27 0:6 / /dev rw shared:7 master:2 - devtmpfs devtmpfs rw\n"
    "27 1 254:0 / / rw - ext4 /dev/vda shared:9\n"
    "30 22 0:30 / /proc/kcore rw - tmpfs tmpfs rw\n"
    "31 22 0:31 / /proc/sys/kernel ro - proc proc rw\n"
    "32 27 0:32 / /procession rw - tmpfs tmpfs rw\n"
    "33 27 0:33 / /mnt/proc/acpi rw - tmpfs tmpfs rw\n"
    "34 27 0:34 / /mnt/a\\040b rw - tmpfs tmpfs rw\n"
    "35 27 0:35 / /srv/proc rw,hidepid=off shared:8 - proc none rw,gid=5,hidepid=invisible,subset=\n";

}  // namespace

TEST_CASE("a mount with a peer group is shared", "[mountinfo]") {
  CHECK(is_shared(table, 22));
  CHECK(is_shared(table, 24));
}

TEST_CASE("a mount without a peer group is not shared", "[mountinfo]") {
  CHECK_FALSE(is_shared(table, 23));
  CHECK_FALSE(is_shared(table, 27));  // what comes after the dash is not about propagation
  CHECK_FALSE(is_shared(table, 99));
  CHECK_FALSE(is_shared("", 22));
  CHECK_FALSE(is_shared("garbage", 22));
}

TEST_CASE("a directory that something is mounted on is in the table", "[mountinfo]") {
  CHECK(has_mount_point(table, "/"));
  CHECK(has_mount_point(table, "/proc/kcore"));
  CHECK_FALSE(has_mount_point(table, "/proc/sys"));
  CHECK_FALSE(has_mount_point("30 22 0:30 / /proc rw - proc proc rw\n", "/"));  // inside a chroot
  CHECK_FALSE(has_mount_point("", "/"));
}

TEST_CASE("mount points below a directory are listed in the order of the table", "[mountinfo]") {
  CHECK(mount_points_below(table, "/proc") == std::vector<std::string>{"/proc/kcore", "/proc/sys/kernel"});
  CHECK(mount_points_below(table, "/mnt/proc") == std::vector<std::string>{"/mnt/proc/acpi"});
  CHECK(mount_points_below(table, "/proc/sys/kernel").empty());
  CHECK(mount_points_below("", "/proc").empty());
}

TEST_CASE("an option of a mounted filesystem is read", "[mountinfo]") {
  CHECK(filesystem_option(table, 35, "hidepid") == "invisible");
  CHECK(filesystem_option(table, 35, "gid") == "5");
  CHECK(filesystem_option(table, 35, "subset").empty());
  CHECK(filesystem_option(table, 35, "pid").empty());
  CHECK(filesystem_option(table, 22, "hidepid").empty());
  CHECK(filesystem_option(table, 99, "hidepid").empty());
}

TEST_CASE("the files that keep PID namespaces are found, with blanks in their names", "[mountinfo]") {
  constexpr std::string_view pins =
      "36 35 98:0 / /mnt rw - ext4 /dev/root rw\n"
      "40 36 0:4 pid:[4026532300] /run/a\\040b\\134 rw shared:1 - nsfs nsfs rw\n"
      "41 36 0:4 net:[4026532301] /run/net rw - nsfs nsfs rw\n"
      "42 36 0:4 pid:[4026532302] /run/c rw - nsfs nsfs rw\n"
      "43 36 98:0 /pid:[4026532303] /run/d rw - ext4 /dev/root rw\n";
  const auto kept = kept_pid_namespaces(pins);
  REQUIRE(kept.size() == 2);
  CHECK(kept[0].number == 4026532300);
  CHECK(kept[0].file == "/run/a b\\");
  CHECK(kept[1].number == 4026532302);
  CHECK(kept[1].file == "/run/c");
  CHECK(kept_pid_namespaces("").empty());
}
