#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace skerry::http {

/// An HTTP server on a port of its own, for the tests of clients. What it
/// answers is up to the test, byte for byte.
class TestServer {
 public:
  struct Request {
    std::string method;
    std::string target;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    /// The value of the header called `name`, in lower case; or empty.
    std::string header(const std::string& name) const;
  };
  struct Reply {
    std::string bytes = {};  ///< status line, headers and body
    bool close = false;      ///< afterwards, without a word
    bool hang = false;       ///< keep the connection open and read no more
  };
  using Handler = std::function<Reply(const Request&)>;
  struct Tls {
    std::string certificate_file;
    std::string key_file;
    std::string client_ca_file;  ///< empty: takes any client
  };

  /// Calls `handler` on a thread per connection.
  explicit TestServer(Handler handler, std::optional<Tls> tls = std::nullopt);
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  int port() const { return port_; }
  int connection_count() const { return connection_count_; }

  /// Ends all connections; new ones are taken.
  void CloseConnections();

  /// "HTTP/1.1 <status>" with `body` and its length.
  static Reply Text(const std::string& status, const std::string& body);

 private:
  using Socket = boost::asio::ip::tcp::socket;

  void Accept();
  void Serve(Socket& socket);
  template <class Stream>
  void ServeStream(Stream& stream);

  Handler handler_;
  std::optional<boost::asio::ssl::context> tls_;
  boost::asio::io_context events_;
  boost::asio::ip::tcp::acceptor acceptor_{events_};
  int port_ = 0;
  std::atomic<int> connection_count_ = 0;
  std::atomic<bool> ending_ = false;
  std::mutex mutex_;
  std::list<Socket> sockets_;  // stay until the end: threads hold them
  std::vector<std::jthread> threads_;
  std::jthread acceptor_thread_;
};

}  // namespace skerry::http
