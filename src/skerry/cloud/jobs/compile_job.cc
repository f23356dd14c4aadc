#include "skerry/cloud/jobs/compile_job.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "skerry/cloud/jobs/archive_reader.h"
#include "skerry/cloud/jobs/compile_request.h"
#include "skerry/cloud/jobs/file_digest.h"
#include "skerry/cloud/jobs/model_files.h"
#include "skerry/cloud/jobs/neo_artifact.h"
#include "skerry/model/container.h"
#include "skerry/platform/errno_error.h"
#include "skerry/platform/folder.h"
#include "skerry/platform/mapping.h"

namespace skerry::cloud {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;
using platform::FileDescriptor;

constexpr std::uint64_t kSourceBytesMax = std::uint64_t{4} << 30;
constexpr std::size_t kReportBytesMax = std::size_t{16} << 20;
constexpr std::size_t kWordsBytesMax = 900;  // of FailureReason's 1024

constexpr const char* kArchiveName = "source.tar.gz";
constexpr const char* kResultName = "artifact.tar.gz";

Error ClientFault(const std::string& what, const Error& error) {
  return {error.code(), "ClientError: " + what + ": " + error.message()};
}

Error ServerFault(const Error& error) {
  return {error.code(), "ServerError: " + error.message()};
}

// What happened to an object that the request names.
Error ObjectFault(const ObjectUri& uri, const Error& error) {
  switch (error.code()) {
    case ErrorCode::kNotFound:
      return NotFound(
          "ClientError: InputConfiguration: S3 object does not exist. "
          "Bucket: " +
          uri.bucket + ", Key: " + uri.key);
    case ErrorCode::kPermissionDenied:
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kFailedPrecondition:
      return ClientFault("InputConfiguration", error);
    default:
      return ServerFault(error);
  }
}

// A file that the sandboxed program made: perhaps a link, or a pipe.
Result<FileDescriptor> OpenMade(const std::string& path) {
  FileDescriptor file(
      open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.open()) return platform::ErrnoError(errno, platform::Quoted(path));
  SKERRY_RETURN_IF_ERROR(platform::FileBytes(file));
  return file;
}

std::string PrintArguments(const std::vector<std::string>& arguments) {
  std::string text;
  for (const std::string& argument : arguments) {
    if (!text.empty()) text += ' ';
    text += argument;
  }
  return text;
}

std::string InputArgument(const InputShape& shape, const std::string& type) {
  std::string text = "--input=" + shape.name + "=";
  for (std::size_t i = 0; i < shape.dims.size(); ++i) {
    if (i > 0) text += ',';
    text += std::to_string(shape.dims[i]);
  }
  return type.empty() ? text : text + ":" + type;
}

class CompileRun {
 public:
  CompileRun(const Job& job, const JobSite& site,
             const CompileSettings& settings)
      : job_(job),
        site_(site),
        settings_(settings),
        start_(Clock::now()),
        folder_(site.work_folder) {}

  JobOutcome Run() {
    Result<void> done = Work();
    if (stopped_) return JobOutcome::Stopped();
    if (!done) {
      Log("failed: " + done.error().message());
      return JobOutcome::Failed(done.error().message());
    }
    return std::move(outcome_);
  }

 private:
  void Log(const std::string& line) const { site_.log(line + "\n"); }

  bool Stopped() {
    stopped_ = stopped_ || site_.stop_requested();
    return stopped_;
  }

  Result<void> Work() {
    SKERRY_ASSIGN_OR_RETURN(request_, ReadCompileRequest(job_.spec));
    Log("compiling " + request_.source_uri + " for " +
        request_.compiler_target + " (" + request_.target.label +
        "), at most " + std::to_string(request_.time_max.count()) +
        " s, sandbox " +
        std::string(SandboxMethodName(settings_.sandbox.method())));
    if (!request_.target.note.empty()) Log("note: " + request_.target.note);
    SKERRY_RETURN_IF_ERROR(Fetch());
    if (Stopped()) return {};
    SKERRY_RETURN_IF_ERROR(Unpack());
    if (Stopped()) return {};
    SKERRY_RETURN_IF_ERROR(Compile());
    if (Stopped()) return {};
    SKERRY_RETURN_IF_ERROR(ReadCompiled());
    SKERRY_RETURN_IF_ERROR(Pack());
    if (Stopped()) return {};
    return Store();
  }

  Result<void> Fetch() {
    SKERRY_ASSIGN_OR_RETURN(const ObjectUri uri,
                            ParseObjectUri(request_.source_uri));
    const std::string path = folder_ + "/" + kArchiveName;
    const auto got = site_.objects.Get(uri, path, kSourceBytesMax);
    if (!got) return ObjectFault(uri, got.error());
    auto file = platform::OpenForReading(path);
    if (!file) return ServerFault(file.error());
    auto digests = DigestFile(*file);
    if (!digests) return ServerFault(digests.error());
    source_ = *std::move(digests);
    archive_ = *std::move(file);
    Log("source: " + std::to_string(source_.byte_count) + " bytes, sha256 " +
        source_.sha256);
    return {};
  }

  Result<void> Unpack() {
    const std::string input = folder_ + "/in";
    if (auto made = platform::MakeFolders(input); !made) {
      return ServerFault(made.error());
    }
    const auto files = ExtractArchive(archive_, ArchiveLimits(), input);
    if (!files) {
      const bool is_theirs =
          files.error().code() == ErrorCode::kInvalidArgument ||
          files.error().code() == ErrorCode::kResourceExhausted;
      if (!is_theirs) return ServerFault(files.error());
      return ClientFault(
          "InputConfiguration",
          InvalidArgument("Unable to untar input model. Please confirm the "
                          "model is a tar.gz file (" +
                          files.error().message() + ")"));
    }
    auto model = FindModelFile(request_.framework, *files);
    if (!model) return ClientFault("InputConfiguration", model.error());
    model_file_ = *std::move(model);
    for (const ArchivedFile& file : *files) {
      Log((file.path == model_file_ ? "model: " : "beside it: ") + file.path +
          ", " + std::to_string(file.byte_count) + " bytes");
    }
    return {};
  }

  std::vector<std::string> Arguments() const {
    const Sandbox& sandbox = settings_.sandbox;
    std::vector<std::string> arguments = {
        sandbox.program(),
        "compile",
        sandbox.InsidePath(folder_, "in/" + model_file_),
        "--output",
        sandbox.InsidePath(folder_, "out/compiled.so"),
        "--target",
        request_.compiler_target,
        "--report",
        sandbox.InsidePath(folder_, "out/report.json"),
        "--verbose"};
    const bool is_torch = request_.framework == "PYTORCH";
    for (const InputShape& shape : request_.inputs) {
      arguments.push_back(
          InputArgument(shape, is_torch ? request_.options.input_type : ""));
    }
    if (!request_.options.self_check) arguments.emplace_back("--no-self-check");
    return arguments;
  }

  Result<void> Compile() {
    SandboxCommand command;
    command.arguments = Arguments();
    command.work_folder = folder_;
    command.limits = settings_.limits;
    command.limits.time = std::chrono::duration_cast<std::chrono::milliseconds>(
        start_ + request_.time_max - Clock::now());
    if (settings_.importers_index >= 0) {
      command.environment = {
          {"SKERRY_IMPORTERS",
           settings_.sandbox.program_folder(
               static_cast<std::size_t>(settings_.importers_index))}};
    }
    command.stop_requested = site_.stop_requested;
    command.output = site_.log;
    Log("running " + PrintArguments(command.arguments));
    auto ran = settings_.sandbox.Run(command, settings_.slot);
    if (!ran) return ServerFault(ran.error());
    if (ran->end == SandboxEnd::kStopped) {
      stopped_ = true;
      return {};
    }
    return Judge(*ran);
  }

  Result<void> Judge(const SandboxResult& ran) const {
    const SandboxLimits& limits = settings_.limits;
    constexpr std::uint64_t kMebi = std::uint64_t{1} << 20;
    switch (ran.end) {
      case SandboxEnd::kTime:
        return Error(ErrorCode::kDeadlineExceeded,
                     "ClientError: CompilationTimeout: the job took longer "
                     "than the " +
                         std::to_string(request_.time_max.count()) +
                         " s of StoppingCondition.MaxRuntimeInSeconds");
      case SandboxEnd::kMemory:
        return ResourceExhausted(
            "ClientError: ResourceLimit: compiling took more than the " +
            std::to_string(limits.memory_bytes / kMebi) +
            " MiB of memory that a job may use");
      case SandboxEnd::kDisk:
        return ResourceExhausted(
            "ClientError: ResourceLimit: compiling took more than the " +
            std::to_string(limits.disk_bytes / kMebi) +
            " MiB of disk that a job may use");
      case SandboxEnd::kKilled:
        return Internal("ServerError: the compiler was ended by signal " +
                        std::to_string(ran.signal) + " (" +
                        strsignal(ran.signal) + "); see the job's log");
      default:
        break;
    }
    if (ran.exit_code == 0) return {};
    const std::string words =
        CompilerWords(ran.output, settings_.sandbox.InsidePath(folder_, "in"));
    constexpr int kBadInput = 2;  // as skerry's exit codes say
    if (ran.exit_code != kBadInput) {
      return Internal("ServerError: the compiler ended with exit code " +
                      std::to_string(ran.exit_code) + ": " + words);
    }
    if (words.contains("operator is not supported")) {
      return Unimplemented("ClientError: OperatorNotImplemented: " + words);
    }
    return InvalidArgument("ClientError: InputConfiguration: " + words);
  }

  Result<void> ReadCompiled() {
    const std::string path = folder_ + "/out/compiled.so";
    const auto file = OpenMade(path);
    if (!file) {
      return Internal("ServerError: the compiler made no file: " +
                      file.error().message());
    }
    auto byte_count = platform::FileBytes(*file);
    if (!byte_count) return ServerFault(byte_count.error());
    if (*byte_count == 0 || *byte_count > kCompiledBytesMax) {
      return Internal("ServerError: the compiled model has " +
                      std::to_string(*byte_count) + " bytes, limit is " +
                      std::to_string(kCompiledBytesMax));
    }
    auto mapping = platform::Mapping::OfFile(*file, *byte_count);
    if (!mapping) return ServerFault(mapping.error());
    auto container = ReadContainer(mapping->bytes());
    if (!container) return ServerFault(container.error());
    manifest_ = std::move(container->manifest);
    if (manifest_.architecture != request_.target.architecture) {
      return InvalidArgument(
          "ClientError: CompilerOptions: 'mcpu' " + request_.compiler_target +
          " is a CPU of " + manifest_.architecture + ", but the target " +
          request_.target.label + " is " + request_.target.architecture);
    }
    ReadReport();
    return {};
  }

  // For people: nothing is decided by it.
  void ReadReport() {
    const std::string path = folder_ + "/out/report.json";
    const auto file = OpenMade(path);
    if (!file) return;
    const auto text = platform::ReadTextFile(path, kReportBytesMax);
    if (!text) return;
    const Json report = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
    if (!report.is_object() || !report.contains("self_check")) return;
    const Json& check = report["self_check"];
    if (!check.is_object() || !check.contains("relative_error")) return;
    const Json& error = check["relative_error"];
    if (error.is_number()) self_check_error_ = error.get<double>();
  }

  Json Lineage() const {
    Json lineage;
    lineage["job"] = job_.name;
    lineage["source"] = {{"uri", request_.source_uri},
                         {"sha256", source_.sha256},
                         {"bytes", source_.byte_count},
                         {"model_file", model_file_},
                         {"framework", request_.framework}};
    if (!request_.framework_version.empty()) {
      lineage["source"]["framework_version"] = request_.framework_version;
    }
    if (!request_.options.data_digest.empty()) {
      lineage["data_digest"] = request_.options.data_digest;
    }
    std::vector<std::string> flags;
    for (const InputShape& shape : request_.inputs) {
      flags.push_back(InputArgument(shape, request_.framework == "PYTORCH"
                                               ? request_.options.input_type
                                               : ""));
    }
    lineage["compiler"] = {{"version", manifest_.compiler},
                           {"target", request_.compiler_target},
                           {"target_label", request_.target.label},
                           {"flags", flags}};
    lineage["self_check"] = nullptr;
    if (self_check_error_) {
      lineage["self_check"] = {{"relative_error", *self_check_error_}};
    }
    return lineage;
  }

  Result<void> Pack() {
    lineage_ = Lineage();
    const std::string path = folder_ + "/" + kResultName;
    // Out of the reach of what the program may have left running.
    const auto written =
        WriteNeoArtifact(path, manifest_,
                         {.model_path = folder_ + "/out/compiled.so",
                          .target_label = request_.target.label,
                          .created = job_.created,
                          .lineage = lineage_.dump(
                              -1, ' ', false, Json::error_handler_t::replace)});
    if (!written) return ServerFault(written.error());
    return {};
  }

  Result<void> Store() {
    auto file = platform::OpenForReading(folder_ + "/" + kResultName);
    if (!file) return ServerFault(file.error());
    auto digests = DigestFile(*file);
    if (!digests) return ServerFault(digests.error());
    SKERRY_ASSIGN_OR_RETURN(const ObjectUri uri,
                            ParseObjectUri(request_.output_uri));
    const auto put = site_.objects.Put(uri, *file, "application/x-tar");
    if (!put) {
      if (put.error().code() == ErrorCode::kNotFound) {
        return ClientFault("OutputConfiguration", put.error());
      }
      return ServerFault(put.error());
    }
    const std::string digest = "blake2b:" + digests->blake2b;
    lineage_["artifact"] = {{"uri", request_.output_uri},
                            {"sha256", digests->sha256},
                            {"digest", digest}};
    Json result;
    result["ModelArtifacts"] = {{"S3ModelArtifacts", request_.output_uri}};
    result["ModelDigests"] = {{"ArtifactDigest", digest}};
    if (request_.inputs.empty()) {
      result["DerivedInformation"] = {
          {"DerivedDataInputConfig", DerivedInputs()}};
    }
    outcome_.end = JobOutcome::End::kCompleted;
    outcome_.result =
        result.dump(-1, ' ', false, Json::error_handler_t::replace);
    outcome_.artifact_uri = request_.output_uri;
    outcome_.artifact_sha256 = digests->sha256;
    outcome_.lineage =
        lineage_.dump(-1, ' ', false, Json::error_handler_t::replace);
    Log("self-check: " +
        (self_check_error_
             ? "relative error " + std::to_string(*self_check_error_)
             : std::string("not done; the target does not run here, or it was "
                           "not wanted")));
    Log("artifact: " + request_.output_uri + ", " +
        std::to_string(digests->byte_count) + " bytes, sha256 " +
        digests->sha256);
    return {};
  }

  std::string DerivedInputs() const {
    std::vector<InputShape> shapes;
    for (const TensorSpec& spec : manifest_.inputs) {
      shapes.push_back({spec.name, spec.type.shape.dims()});
    }
    return PrintDataInputConfig(shapes);
  }

  const Job& job_;
  const JobSite& site_;
  const CompileSettings& settings_;
  Clock::time_point start_;
  std::string folder_;
  bool stopped_ = false;
  CompileRequest request_;
  FileDescriptor archive_;
  FileDigests source_;
  std::string model_file_;
  Manifest manifest_;
  std::optional<double> self_check_error_;
  Json lineage_;
  JobOutcome outcome_;
};

}  // namespace

JobOutcome RunCompileJob(const Job& job, const JobSite& site,
                         const CompileSettings& settings) {
  return CompileRun(job, site, settings).Run();
}

std::string CompilerWords(std::string_view output,
                          const std::string& input_folder) {
  constexpr std::string_view kPrefix = "skerry: error: ";
  const std::size_t at = output.rfind(kPrefix);
  std::string_view text = at == std::string_view::npos
                              ? output
                              : output.substr(at + kPrefix.size());
  while (text.ends_with('\n') || text.ends_with(' ')) text.remove_suffix(1);
  if (at == std::string_view::npos && text.size() > kWordsBytesMax) {
    text = text.substr(text.size() - kWordsBytesMax);
  }
  std::string words;
  for (std::size_t i = 0; i < text.size() && words.size() < kWordsBytesMax;) {
    if (text.substr(i).starts_with(input_folder + "/")) {
      i += input_folder.size() + 1;
      continue;
    }
    const auto byte = static_cast<unsigned char>(text[i++]);
    if (byte == '\n') {
      words += "; ";
      while (i < text.size() && text[i] == ' ') ++i;
    } else {
      words += byte < 0x20 || byte == 0x7F ? ' ' : static_cast<char>(byte);
    }
  }
  return words.empty() ? "it said nothing; see the job's log" : words;
}

}  // namespace skerry::cloud
