# Targets for the form of the sources: format rewrites them, check_format and check_tidy only look.
# .clang-format and .clang-tidy are written for version 14, that of Debian 12.

find_program(CLANG_FORMAT NAMES clang-format-14 clang-format)
find_program(RUN_CLANG_TIDY NAMES run-clang-tidy-14 run-clang-tidy)

file(GLOB_RECURSE pidns_sources CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/include/*.hpp ${PROJECT_SOURCE_DIR}/src/*.[ch]pp ${PROJECT_SOURCE_DIR}/tests/*.[ch]pp)

add_custom_target(format COMMAND ${CLANG_FORMAT} -i ${pidns_sources} VERBATIM)
add_custom_target(check_format COMMAND ${CLANG_FORMAT} --dry-run --Werror ${pidns_sources} VERBATIM)
# Looks at everything that is compiled, the way it is compiled.
add_custom_target(check_tidy
  COMMAND ${RUN_CLANG_TIDY} -quiet -p ${PROJECT_BINARY_DIR} "^${PROJECT_SOURCE_DIR}/(src|tests)/" VERBATIM)
