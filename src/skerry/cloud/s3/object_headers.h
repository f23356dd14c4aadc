#pragma once

#include <map>
#include <string>
#include <string_view>

#include "skerry/cloud/api/api_error.h"
#include "skerry/cloud/objects/object_store.h"
#include "skerry/cloud/s3/call.h"

namespace skerry::cloud {

/// The headers of `head` that are kept with an object: cache-control and the
/// like, user metadata, tags. Errors: MetadataTooLarge, InvalidTag;
/// NotImplemented for encryption by the client's key and the like.
ApiResult<std::map<std::string, std::string>> MetadataOfRequest(
    const RequestHead& head);

/// If-Match and If-None-Match of a write. NotImplemented for others than "*"
/// of the second.
ApiResult<WriteCondition> WriteConditionOf(const RequestHead& head);

/// What a read must find, by If-Match and the rest; `prefix` is that of
/// x-amz-copy-source-if-*. PreconditionFailed, or NotModified (304).
ApiResult<void> CheckReadConditions(const RequestHead& head,
                                    const std::string& prefix,
                                    const ObjectInfo& info);

/// `text` without the quotes of an ETag.
std::string UnquotedEtag(std::string_view text);

/// Adds ETag, version, and where they are asked for checksums of `info`.
void AddWrittenHeaders(const ObjectInfo& info, Response& response);

/// Adds all that is kept with `info`, as a GET tells it.
void AddObjectHeaders(const S3Call& call, const ObjectInfo& info,
                      Response& response);

/// Adds x-amz-checksum-* of `info`.
void AddChecksumHeaders(const ObjectInfo& info, Response& response);

}  // namespace skerry::cloud
