#pragma once

#include <string>

#include "skerry/agent/rest/http_message.h"
#include "skerry/agent/services.h"

namespace skerry::agent {

/// What the protocol tells of the agent and of its models. An empty `version`
/// is the one that requests get.
HttpResponse ServerMetadataResponse(const Services& services);
HttpResponse ModelListResponse(const Services& services);
HttpResponse ModelMetadataResponse(const Services& services,
                                   const std::string& model,
                                   const std::string& version);
HttpResponse ModelReadyResponse(const Services& services,
                                const std::string& model,
                                const std::string& version);
/// Triton's model configuration, as far as it has a meaning here.
HttpResponse ModelConfigResponse(const Services& services,
                                 const std::string& model,
                                 const std::string& version);
/// An empty `model` is all of them.
HttpResponse ModelStatisticsResponse(const Services& services,
                                     const std::string& model,
                                     const std::string& version);

}  // namespace skerry::agent
