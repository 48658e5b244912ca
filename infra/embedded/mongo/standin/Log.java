package standin;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Lines of the log in the form that every part writes: JSON, one a line, on standard output. */
final class Log {
    private static final DateTimeFormatter TIME =
        DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    static void info(String message) {
        print("info", message, null);
    }

    /** @param cause may be null. */
    static void error(String message, Throwable cause) {
        print("error", message, cause);
    }

    static void print(String level, String message, Throwable cause) {
        StringBuilder line = new StringBuilder("{\"level\":").append(quoted(level))
            .append(",\"time\":").append(quoted(TIME.format(Instant.now())))
            .append(",\"part\":\"mongodb\"");
        if (cause != null) {
            StringWriter stack = new StringWriter();
            cause.printStackTrace(new PrintWriter(stack, true));
            line.append(",\"err\":{\"type\":").append(quoted(cause.getClass().getSimpleName()))
                .append(",\"message\":").append(quoted(String.valueOf(cause.getMessage())))
                .append(",\"stack\":").append(quoted(stack.toString())).append('}');
        }
        System.out.println(line.append(",\"msg\":").append(quoted(message)).append('}'));
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    private Log() {}
}
