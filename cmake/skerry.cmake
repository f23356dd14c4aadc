# skerry_library(<name> SOURCES ... [HEADERS ...] [DEPS ...] [PRIVATE_DEPS ...])
#
# One module: the static library skerry_<name>, alias skerry::<name>.
function(skerry_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg
    "" "" "SOURCES;HEADERS;DEPS;PRIVATE_DEPS")
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

# skerry_test(<name> SOURCES ... [DEPS ...] [THREADS])
#
# One test program of GoogleTest cases, one ctest entry. THREADS: it runs
# threads, so the tsan preset builds and runs it.
function(skerry_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "THREADS" "" "SOURCES;DEPS")
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
  if(arg_THREADS)
    set_tests_properties(${name} PROPERTIES LABELS threads)
    add_dependencies(thread_tests ${name})
  endif()
endfunction()

# skerry_pytest(<name> FILE <file> [DEPS <target>...])
#
# One ctest entry that runs a file of pytest cases. The programs under test
# are in $SKERRY_BUILD/bin; DEPS says which they are. Without any, sanitizers
# have nothing to find, and the test is left out there.
function(skerry_pytest name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FILE" "DEPS")
  if(NOT SKERRY_TESTS OR (SKERRY_SANITIZE AND NOT arg_DEPS))
    return()
  endif()
  add_test(NAME ${name}
    COMMAND ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/tests/run_pytest.py
            ${name} ${CMAKE_CURRENT_SOURCE_DIR}/${arg_FILE})
  set_tests_properties(${name} PROPERTIES
    TIMEOUT 900
    ENVIRONMENT "SKERRY_BUILD=${PROJECT_BINARY_DIR}")
endfunction()

# skerry_fuzz(<name> SOURCES ... [DEPS ...])
#
# One libFuzzer target; its name ends in _fuzz. Built with SKERRY_FUZZ only.
function(skerry_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
  if(NOT SKERRY_FUZZ)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} skerry_warnings)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${name})
endfunction()

# What the tsan, fuzz and tidy presets build.
add_custom_target(thread_tests)
add_custom_target(fuzzers)
add_custom_target(generated)
