#pragma once

#include "skerry/agent/rest/http_message.h"
#include "skerry/agent/rest/router.h"
#include "skerry/agent/services.h"

namespace skerry::agent {

/// Triton's shared memory extensions. There is no CUDA memory: its status is
/// empty, there is nothing to unregister, and registering is refused.
HttpResponse MemoryStatusResponse(const Services& services,
                                  const RestRoute& route);
HttpResponse MemoryRegisterResponse(const Services& services,
                                    const RestRoute& route,
                                    const HttpRequest& request);
HttpResponse MemoryUnregisterResponse(const Services& services,
                                      const RestRoute& route,
                                      const HttpRequest& request);
HttpResponse CudaMemoryResponse(const RestRoute& route);

}  // namespace skerry::agent
