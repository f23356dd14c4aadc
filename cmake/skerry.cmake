# skerry_library(<name> SOURCES ... [HEADERS ...] [DEPS ...] [PRIVATE_DEPS ...])
#
# One module: the static library skerry_<name>, alias skerry::<name>.
function(skerry_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;HEADERS;DEPS;PRIVATE_DEPS")
  add_library(skerry_${name} STATIC)
  add_library(skerry::${name} ALIAS skerry_${name})
  target_sources(skerry_${name}
    PRIVATE ${arg_SOURCES}
    PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src
           FILES ${arg_HEADERS})
  target_link_libraries(skerry_${name}
    PUBLIC ${arg_DEPS}
    PRIVATE skerry_warnings ${arg_PRIVATE_DEPS})
  target_include_directories(skerry_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  set_target_properties(skerry_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

# skerry_test(<name> SOURCES ... [DEPS ...])
#
# One test program of GoogleTest cases, one ctest entry.
function(skerry_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
  if(NOT SKERRY_TESTS)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name}
    PRIVATE ${arg_DEPS} skerry_warnings GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name}
    PRIVATE SKERRY_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
            SKERRY_BINARY_DIR="${PROJECT_BINARY_DIR}")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600)
endfunction()

# skerry_fuzz(<name> SOURCES ... [DEPS ...])
#
# One libFuzzer target. Built with SKERRY_FUZZ only (clang).
function(skerry_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
  if(NOT SKERRY_FUZZ)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} skerry_warnings)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()
