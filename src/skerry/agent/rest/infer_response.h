#pragma once

#include "skerry/agent/rest/http_message.h"
#include "skerry/agent/rest/infer_json.h"
#include "skerry/agent/serving/inference.h"

namespace skerry::agent {

/// Elements that `response` will print as text: a measure of the work.
std::size_t PrintedElementCount(const RestInferRequest& request,
                                const InferenceResult& result);

/// The answer to `request`: JSON, followed by those outputs that were asked
/// for as binary. Numbers are the shortest that read back the same; JSON has
/// no NaN and no infinities, so they are `null` (numpy reads that as NaN).
HttpResponse WriteInferResponse(const RestInferRequest& request,
                                InferenceResult result);

}  // namespace skerry::agent
