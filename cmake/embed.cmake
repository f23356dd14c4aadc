# Writes a C++ source that holds the text of files, so that a program needs no
# folder of its own at run time:
#
#   cmake -DOUTPUT=x.cc -DBASE=<src> "-DFILES=a.h;b.h" -P embed.cmake
#
# Each file's name is its path relative to BASE.
set(text "// Written by cmake/embed.cmake; do not edit.
#include \"skerry/compiler/emit/embedded.h\"

namespace skerry::compiler {
namespace {

constexpr EmbeddedFile kFiles[] = {
")
foreach(file IN LISTS FILES)
  file(READ ${BASE}/${file} content)
  # A literal may hold 64 KiB by the standard; longer files are in pieces.
  string(LENGTH "${content}" length)
  set(pieces "")
  set(start 0)
  while(start LESS length)
    string(SUBSTRING "${content}" ${start} 16000 piece)
    string(APPEND pieces "\n     R\"skerry_file(${piece})skerry_file\"")
    math(EXPR start "${start} + 16000")
  endwhile()
  string(APPEND text "    {\"${file}\",${pieces}},\n")
endforeach()
string(APPEND text "};

}  // namespace

std::span<const EmbeddedFile> EmbeddedFiles() { return kFiles; }

}  // namespace skerry::compiler
")
file(WRITE ${OUTPUT} "${text}")
