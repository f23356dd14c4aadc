#include "skerry/compiler/passes/editor.h"
#include "skerry/compiler/passes/rewrites.h"

namespace skerry::compiler {

Result<bool> RemoveUnused(Graph& graph) {
  Editor editor(graph);
  editor.RemoveUnused();
  return editor.changed();
}

}  // namespace skerry::compiler
