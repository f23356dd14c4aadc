#pragma once

#include <memory>
#include <string>

#include "skerry/cloud/server/message.h"

namespace skerry::cloud {

/// Who answers what. All outlive the router; null: nobody.
struct Routes {
  Handler* status = nullptr;     ///< health, metrics, a page for people
  Handler* admin = nullptr;      ///< /skerry/v1/admin/...
  Handler* jobs = nullptr;       ///< /skerry/v1/jobs/...
  Handler* s3 = nullptr;         ///< the S3 protocol
  Handler* sagemaker = nullptr;  ///< control plane, edge data plane, runtime
  Handler* sts = nullptr;        ///< temporary credentials
};

/// The service that a request is signed for: "s3", "sagemaker", "sts",
/// "skerry"; empty if it is not signed. Nothing is verified.
std::string SignedService(const RequestHead& head);

/// Gives a request to the service that it is signed for. What is not signed is
/// told apart by path and headers, so that the error is in the form that its
/// client reads.
std::unique_ptr<Handler> NewRouter(const Routes& routes);

}  // namespace skerry::cloud
