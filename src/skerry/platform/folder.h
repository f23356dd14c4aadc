#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "skerry/base/result.h"

namespace skerry::platform {

/// Makes the folder `path`, with those above it, and flushes each new one to
/// the disk. Nothing happens if it is there.
///
/// Errors: kPermissionDenied, kResourceExhausted for a full disk, kNotFound
/// if something in the way is no folder. All name the path.
Result<void> MakeFolders(const std::string& path);

/// Whether this process may make files in the folder `path`: an error if not.
/// A full disk is not noticed.
Result<void> CheckFolderWritable(const std::string& path);

/// Calls `visit` with the path of each regular file below `folder`, relative
/// to it, in no order. Symbolic links are not followed. A folder that cannot
/// be read, or goes away, is left out.
void VisitFiles(const std::string& folder,
                const std::function<void(std::string_view path)>& visit);

/// Removes a file. No error if there is none. The error names the path.
Result<void> RemoveFile(const std::string& path);

/// Removes a folder if it is empty.
void RemoveEmptyFolder(const std::string& path);

}  // namespace skerry::platform
