# Compiles SOURCE for TARGET as compiled models are, and checks that the result
# asks for nothing but the memory functions that models bring along.
#
#   cmake -D CLANG=... -D TARGET="aarch64-linux-gnu" -D HEADERS=...
#         -D FOLDER=... -D SOURCE=... -D INCLUDE=... -P freestanding_test.cmake
separate_arguments(flags UNIX_COMMAND "--target=${TARGET}")
string(MAKE_C_IDENTIFIER "freestanding ${TARGET}" name)
set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.o)
execute_process(
  COMMAND ${CLANG} ${flags} -ffreestanding -nostdinc++ -std=c++20 -O1
    -fno-exceptions -fno-rtti -Wall -Wextra -Werror
    "-DSKERRY_KERNEL_HEADERS=\"${HEADERS}\"" -I ${INCLUDE}
    -c ${FOLDER}/${SOURCE} -o ${object}
  COMMAND_ERROR_IS_FATAL ANY)
find_program(nm NAMES llvm-nm-19 nm REQUIRED)
execute_process(
  COMMAND ${nm} --undefined-only --format=posix ${object}
  OUTPUT_VARIABLE symbols
  COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE "(memcpy|memset|memmove|memcmp) U[^\n]*\n" "" symbols
  "${symbols}")
if(NOT symbols STREQUAL "")
  message(FATAL_ERROR "${TARGET}: kernels call\n${symbols}")
endif()
