#pragma once

#include <string>
#include <string_view>

#include "skerry/agent/rest/http_message.h"
#include "skerry/agent/services.h"

namespace skerry::agent {

/// Triton's model repository extension. They read files and wait for models.
HttpResponse RepositoryIndexResponse(const Services& services,
                                     std::string_view body);
HttpResponse RepositoryLoadResponse(const Services& services,
                                    const std::string& model,
                                    std::string_view body);
HttpResponse RepositoryUnloadResponse(const Services& services,
                                      const std::string& model);

}  // namespace skerry::agent
