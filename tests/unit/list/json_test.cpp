#include "pidns/list/json.hpp"

#include <nlohmann/json.hpp>

#include "sample_listing.hpp"
#include "support/catch.hpp"

using namespace pidns;
using namespace sample_listing;
using nlohmann::json;

namespace {

json parsed(const Listing& listing) {
  return json::parse(to_json(listing));
}

}  // namespace

TEST_CASE("JSON has the same facts", "[listing]") {
  Listing listing = with({process({4711, 1}, 4710, {"sh", "-c", "a\n\"b\"\x1b"})});
  listing.namespaces[1].maker = Listing::Maker{
      .pid = 4710, .name = "pidns", .is_pid_1 = false, .ancestors = {{4650, "bash"}, {4649, "sshd"}}};
  listing.namespaces[1].user_namespace = 50;
  listing.namespaces[1].kept_in = {"/run/box/pid"};
  CHECK(parsed(listing) ==
        json{{"namespaces",
              {{{"namespace", 100},
                {"parent", nullptr},
                {"user_namespace", nullptr},
                {"yours", true},
                {"process_count", 5},
                {"kept_in", json::array()}},
               {{"namespace", 200},
                {"parent", 100},
                {"user_namespace", 50},
                {"yours", false},
                {"process_count", 1},
                {"kept_in", {"/run/box/pid"}},
                {"owner", "root"},
                {"owner_id", 0},
                {"made_by",
                 {{"pid", 4710},
                  {"name", "pidns"},
                  {"ancestors", {{{"pid", 4650}, {"name", "bash"}}, {{"pid", 4649}, {"name", "sshd"}}}}}},
                {"processes", json::array({{{"outside", 4711},
                                            {"inside", json::array({1})},
                                            {"parent", 4710},
                                            {"user", "root"},
                                            {"user_id", 0},
                                            {"state", "S"},
                                            {"name", "name"},
                                            {"command", {"sh", "-c", "a\n\"b\"\x1b"}}}})}}}},
             {"hidden_processes", 0},
             {"hidepid", nullptr}});
}

TEST_CASE("JSON of invalid UTF-8 is valid", "[listing]") {
  const json document = parsed(with({process({10, 1}, 9, {"caf\xe9", "\xff"})}));
  CHECK(document["namespaces"][1]["processes"][0]["command"] == json{"caf\xef\xbf\xbd", "\xef\xbf\xbd"});
}

TEST_CASE("JSON does not call a parent the maker that may only have adopted PID 1", "[listing]") {
  Listing listing = with({process({10, 1}, 1, {"a"})});
  listing.namespaces[1].maker = Listing::Maker{.pid = 1, .name = "in\nit", .is_pid_1 = true};
  CHECK(parsed(listing)["namespaces"][1]["child_of"] ==
        json{{"pid", 1}, {"name", "in\nit"}, {"ancestors", json::array()}});
  CHECK_FALSE(parsed(listing)["namespaces"][1].contains("made_by"));
}

TEST_CASE("JSON says what it does not show", "[listing]") {
  Listing listing = with({});
  listing.hidden_processes = 1;
  listing.hidepid = "invisible";
  CHECK(parsed(listing)["hidden_processes"] == 1);
  CHECK(parsed(listing)["hidepid"] == "invisible");
}
