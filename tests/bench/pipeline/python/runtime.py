"""The loop of a function over the Lambda Runtime API, as AWS's own Python runtime does it: one
kept connection, one event at a time."""

import http.client
import json
import os
import traceback
import urllib.parse

PREFIX = "/2018-06-01/runtime/invocation/"


def serve(handler):
    # `host:port` in Lambda; the local runner's address has a secret as its path.
    address = urllib.parse.urlsplit("//" + os.environ["AWS_LAMBDA_RUNTIME_API"].removeprefix("http://"))
    connection = http.client.HTTPConnection(address.netloc)
    prefix = address.path + PREFIX
    while True:
        connection.request("GET", prefix + "next")
        response = connection.getresponse()
        request_id = response.headers["Lambda-Runtime-Aws-Request-Id"]
        event = json.loads(response.read())
        try:
            path, body = "/response", json.dumps(handler(event))
        except Exception as error:
            traceback.print_exc()
            path, body = "/error", json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)})
        connection.request("POST", prefix + request_id + path, body)
        connection.getresponse().read()
