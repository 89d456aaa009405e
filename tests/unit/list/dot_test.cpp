#include "pidns/list/dot.hpp"

#include "sample_listing.hpp"
#include "support/catch.hpp"

using namespace pidns;
using namespace sample_listing;

TEST_CASE("a graph has clusters in clusters, and an edge from pidns to the PID 1 that it made", "[listing]") {
  Listing listing;
  listing.namespaces = {own_ns(100, 84), ns(200, 100, {process({4711, 1}, 4710, {"bash"})}),
                        ns(300, 200, {process({4803, 13, 1}, 4802, {"sleep", "60"})})};
  listing.namespaces[1].maker =
      Listing::Maker{.pid = 4710, .name = "pidns", .is_pid_1 = false, .ancestors = {{4650, "bash"}}};
  CHECK(to_dot(listing) ==
        "digraph pidns {\n"
        "  graph [fontname=\"sans-serif\", style=rounded, labeljust=l, labelloc=b];\n"
        "  node [fontname=\"sans-serif\", shape=box];\n"
        "  edge [fontname=\"sans-serif\"];\n"
        "  subgraph cluster_100 {\n"
        "    label=<pid:[100]  84 processes  (yours)>;\n"
        "    p4710 [label=<pidns<br/><font color=\"#0087d7\">4710</font>>];\n"
        "    p4650 [label=<bash<br/><font color=\"#0087d7\">4650</font>>];\n"
        "    subgraph cluster_200 {\n"
        "      label=<pid:[200]  root  1 process>;\n"
        "      p4711 [label=<bash<br/><font color=\"#0087d7\">4711</font>&#160;/&#160;<font "
        "color=\"#d75f00\">1</font>>];\n"
        "      subgraph cluster_300 {\n"
        "        label=<pid:[300]  root  1 process>;\n"
        "        p4803 [label=<sleep 60<br/><font color=\"#0087d7\">4803</font>&#160;/&#160;<font "
        "color=\"#d75f00\">13</font>&#160;/&#160;"
        "<font color=\"#d75f00\">1</font>>];\n"
        "      }\n"
        "    }\n"
        "  }\n"
        "  p4710 -> p4711 [style=bold, label=\"made\"];\n"
        "  p4650 -> p4710;\n"
        "}\n");
}

TEST_CASE("a graph draws a namespace without a process, and escapes what HTML would read", "[listing]") {
  Listing listing;
  listing.namespaces = {ns(200, 0, {process({10, 1}, 9, {"a<b>&\"c\""})}), ns(300, 0, {})};
  listing.namespaces[1].kept_in = {"/run/<x>"};
  const std::string graph = to_dot(listing);
  CHECK_THAT(graph, Catch::Contains("label=<a&lt;b&gt;&amp;&quot;c&quot;<br/>"));
  CHECK_THAT(graph, Catch::Contains("label=<pid:[300]  kept in /run/&lt;x&gt;, no process>;\n"
                                    "    empty_300 [style=invis, label=\"\"];\n"));
}

TEST_CASE("a long command is cut for the slide", "[listing]") {
  const std::string graph = to_dot(with({process({10, 1}, 9, {std::string(100, 'x')})}));
  CHECK_THAT(graph, Catch::Contains("<" + std::string(40, 'x') + "\u2026<br/>"));
}
