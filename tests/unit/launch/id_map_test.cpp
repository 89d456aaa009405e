#include "pidns/launch/id_map.hpp"

#include "support/catch.hpp"

using namespace pidns;

namespace {

using Ranges = std::vector<IdRange>;

MapBlock range(unsigned inner, unsigned outer, unsigned count) {
  return {.range = {inner, outer, count}};
}

MapBlock automatic(unsigned outer, unsigned count) {
  return {.source = MapBlock::Source::automatic, .range = {0, outer, count}};
}

std::size_t ids_in(const Ranges& lines) {
  std::size_t count = 0;
  for (const IdRange& line : lines) {
    count += line.count;
  }
  return count;
}

}  // namespace

TEST_CASE("the kernel's map is read line by line", "[id_map]") {
  CHECK(parse_id_map("         0       1000          1\n         1     100000      65536\n") ==
        Ranges{{0, 1000, 1}, {1, 100000, 65536}});
  CHECK(parse_id_map("         0          0 4294967295\n") == Ranges{{0, 0, 4294967295}});
  CHECK(parse_id_map("").empty());
  CHECK(parse_id_map("\n").empty());
  CHECK(format_id_map(parse_id_map("  0  1000  1\n  1 100000 65536\n")) == "0 1000 1\n1 100000 65536\n");
}

TEST_CASE("subordinate ids are found by name or number and the first line counts", "[id_map]") {
  constexpr std::string_view text =
      "root:1:2\n"
      "# nobody:3:4\n"
      "nobody:broken:5\n"
      "nobody:100000\n"
      "nobody:100000:65536\n"
      "nobody:300000:10\n"
      "1000:200000:65536\n";
  CHECK(find_subordinate_ids(text, "nobody", 65534) == IdRange{100000, 100000, 65536});
  CHECK(find_subordinate_ids(text, "somebody", 1000) == IdRange{200000, 200000, 65536});
  CHECK(find_subordinate_ids(text, "", 1000) == IdRange{200000, 200000, 65536});
  CHECK(find_subordinate_ids(text, "somebody", 1001) == std::nullopt);
  CHECK(find_subordinate_ids(text, "", 1001) == std::nullopt);
  // A name is not the number 0.
  CHECK(find_subordinate_ids("nobody:100000:65536\n", "root", 0) == std::nullopt);
  CHECK(find_subordinate_ids(":1:2\n", "", 0) == std::nullopt);
  CHECK(find_subordinate_ids("", "root", 0) == std::nullopt);
  CHECK(find_subordinate_ids("nobody:1:2", "nobody", 65534) == IdRange{1, 1, 2});
}

TEST_CASE("one id or blocks alone are the lines of the map", "[id_map]") {
  CHECK(build_id_map(std::nullopt, {}).empty());
  CHECK(build_id_map(IdRange{0, 1000, 1}, {}) == Ranges{{0, 1000, 1}});
  CHECK(build_id_map(std::nullopt, {range(0, 100000, 10), range(10, 200000, 5)}) ==
        Ranges{{0, 100000, 10}, {10, 200000, 5}});
}

TEST_CASE("a block that the own id does not touch stays whole", "[id_map]") {
  CHECK(build_id_map(IdRange{0, 1000, 1}, {range(1, 100000, 10)}) == Ranges{{0, 1000, 1}, {1, 100000, 10}});
  // Right behind the block, inside and outside.
  CHECK(build_id_map(IdRange{10, 1000, 1}, {range(0, 100000, 10)}) == Ranges{{10, 1000, 1}, {0, 100000, 10}});
  CHECK(build_id_map(IdRange{50, 1000, 1}, {range(0, 990, 10)}) == Ranges{{50, 1000, 1}, {0, 990, 10}});
}

TEST_CASE("a block gets a hole for the own id and loses its last one", "[id_map]") {
  // At the start, in the middle and at the end, inside
  CHECK(build_id_map(IdRange{0, 1000, 1}, {range(0, 100000, 10)}) == Ranges{{0, 1000, 1}, {1, 100000, 9}});
  CHECK(build_id_map(IdRange{5, 1000, 1}, {range(0, 100000, 10)}) ==
        Ranges{{5, 1000, 1}, {0, 100000, 5}, {6, 100005, 4}});
  CHECK(build_id_map(IdRange{9, 1000, 1}, {range(0, 100000, 10)}) == Ranges{{9, 1000, 1}, {0, 100000, 9}});
  // outside
  CHECK(build_id_map(IdRange{50, 1000, 1}, {range(0, 1000, 10)}) == Ranges{{50, 1000, 1}, {0, 1001, 9}});
  CHECK(build_id_map(IdRange{50, 1003, 1}, {range(0, 1000, 10)}) ==
        Ranges{{50, 1003, 1}, {0, 1000, 3}, {3, 1004, 6}});
  CHECK(build_id_map(IdRange{50, 1009, 1}, {range(0, 1000, 10)}) == Ranges{{50, 1009, 1}, {0, 1000, 9}});
  // and on both sides at once.
  CHECK(build_id_map(IdRange{5, 1007, 1}, {range(0, 1000, 10)}) ==
        Ranges{{5, 1007, 1}, {0, 1000, 5}, {6, 1005, 2}, {8, 1008, 2}});
  CHECK(build_id_map(IdRange{7, 1005, 1}, {range(0, 1000, 10)}) ==
        Ranges{{7, 1005, 1}, {0, 1000, 5}, {5, 1006, 2}, {8, 1008, 2}});
  CHECK(build_id_map(IdRange{5, 1005, 1}, {range(0, 1000, 10)}) ==
        Ranges{{5, 1005, 1}, {0, 1000, 5}, {6, 1006, 4}});
  CHECK(build_id_map(IdRange{0, 1000, 1}, {range(0, 1000, 1)}) == Ranges{{0, 1000, 1}});
}

TEST_CASE("an automatic block goes on behind the hole and loses nothing", "[id_map]") {
  CHECK(build_id_map(IdRange{0, 1000, 1}, {automatic(100000, 65536)}) ==
        Ranges{{0, 1000, 1}, {1, 100000, 65536}});
  CHECK(build_id_map(IdRange{1000, 1000, 1}, {automatic(100000, 65536)}) ==
        Ranges{{1000, 1000, 1}, {0, 100000, 1000}, {1001, 101000, 64536}});
  CHECK(build_id_map(IdRange{0, 1000, 1}, {automatic(100000, 1)}) == Ranges{{0, 1000, 1}, {1, 100000, 1}});
  // It never leaves the subordinate ids.
  CHECK(build_id_map(IdRange{0, 100003, 1}, {automatic(100000, 10)}) ==
        Ranges{{0, 100003, 1}, {1, 100000, 3}, {4, 100004, 6}});
}

TEST_CASE("no hole ever maps an id twice or one that was not asked for", "[id_map]") {
  for (unsigned inner = 0; inner < 14; ++inner) {
    for (unsigned outer = 98; outer < 114; ++outer) {
      CAPTURE(inner, outer);
      const auto lines = build_id_map(IdRange{inner, outer, 1}, {range(1, 100, 12)});
      const bool overlaps = (inner >= 1 && inner < 13) || (outer >= 100 && outer < 112);
      CHECK(why_invalid(lines).empty());
      CHECK(ids_in(lines) == 1U + 12U - (overlaps ? 1U : 0U));
      for (auto line = lines.begin() + 1; line != lines.end(); ++line) {
        CHECK(line->inner >= 1);
        CHECK(line->inner + line->count <= 13);
        CHECK(line->outer >= 100);
        CHECK(line->outer + line->count <= 112);
      }
    }
  }
}

TEST_CASE("lines that the kernel would refuse are told apart", "[id_map]") {
  CHECK(why_invalid(Ranges{}).empty());
  CHECK(why_invalid(Ranges{{0, 0, 4294967295}}).empty());
  CHECK(why_invalid(Ranges{{4294967294, 0, 1}}).empty());
  CHECK(why_invalid(Ranges{{0, 5, 0}}) == "0:5:0 maps no ID");
  CHECK(why_invalid(Ranges{{4294967294, 0, 2}}) == "4294967294:0:2 goes beyond 4294967294, the last ID");
  CHECK(why_invalid(Ranges{{0, 1, 4294967295}}) == "0:1:4294967295 goes beyond 4294967294, the last ID");
  CHECK(why_invalid(Ranges{{0, 100, 10}, {10, 110, 10}}).empty());
  CHECK(why_invalid(Ranges{{0, 100, 10}, {9, 200, 10}}) == "0:100:10 and 9:200:10 overlap");
  CHECK(why_invalid(Ranges{{0, 100, 10}, {50, 91, 10}}) == "0:100:10 and 50:91:10 overlap");
  Ranges many;
  for (unsigned id = 0; id < 340; ++id) {
    many.push_back({id, id, 1});
  }
  CHECK(why_invalid(many).empty());
  many.push_back({340, 340, 1});
  CHECK(why_invalid(many) == "341 lines are more than the kernel accepts");
  Ranges longer;
  for (unsigned id = 0; id < 300; ++id) {
    longer.push_back({1000000000 + id, 1000000000 + id, 1});
  }
  CHECK(why_invalid(longer) == "300 lines are more than the kernel accepts");
}

TEST_CASE("an id is looked up in the map of a user namespace", "[id_map]") {
  constexpr std::string_view one = "         0       1000          1\n";
  CHECK(is_mapped(one, 1000));
  CHECK_FALSE(is_mapped(one, 0));
  CHECK_FALSE(is_mapped(one, 1001));
  constexpr std::string_view ranges =
      "         0       1000          1\n"
      "         1     100000      65536\n";
  CHECK(is_mapped(ranges, 100000));
  CHECK(is_mapped(ranges, 165535));
  CHECK_FALSE(is_mapped(ranges, 165536));
  CHECK_FALSE(is_mapped(ranges, 1));
}

TEST_CASE("the first user namespace maps every id", "[id_map]") {
  constexpr std::string_view all = "         0          0 4294967295\n";
  CHECK(is_mapped(all, 0));
  CHECK(is_mapped(all, 4294967294));
  CHECK_FALSE(is_mapped(all, 4294967295));
}

TEST_CASE("an empty map maps no ID", "[id_map]") {
  CHECK_FALSE(is_mapped("", 0));
  CHECK_FALSE(is_mapped("\n", 0));
}
