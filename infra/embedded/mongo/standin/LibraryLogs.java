package standin;

import java.util.Locale;

import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/** Where the libraries' warnings go: {@code -Dslf4j.provider=standin.LibraryLogs} names it. */
public final class LibraryLogs implements SLF4JServiceProvider {
    /** It prints every refused command with all its documents; the client is told, and the backend logs what is our fault. */
    private static final String SILENT = "de.bwaldvogel.mongo.wire.MongoWireProtocolHandler";

    private final IMarkerFactory markers = new BasicMarkerFactory();
    private final MDCAdapter contexts = new NOPMDCAdapter();

    @Override
    public ILoggerFactory getLoggerFactory() {
        return LibraryLogger::new;
    }

    @Override
    public IMarkerFactory getMarkerFactory() {
        return markers;
    }

    @Override
    public MDCAdapter getMDCAdapter() {
        return contexts;
    }

    @Override
    public String getRequestedApiVersion() {
        return "2.0.99";
    }

    @Override
    public void initialize() {}

    private static final class LibraryLogger extends LegacyAbstractLogger {

        LibraryLogger(String name) {
            this.name = name;
        }

        @Override
        protected void handleNormalizedLoggingCall(Level level, Marker marker, String pattern, Object[] arguments, Throwable cause) {
            String message = MessageFormatter.basicArrayFormat(pattern, arguments);
            Log.print(level.name().toLowerCase(Locale.ROOT), name + ": " + message, cause);
        }

        @Override
        protected String getFullyQualifiedCallerName() {
            return null;
        }

        @Override
        public boolean isTraceEnabled() {
            return false;
        }

        @Override
        public boolean isDebugEnabled() {
            return false;
        }

        @Override
        public boolean isInfoEnabled() {
            return false;
        }

        @Override
        public boolean isWarnEnabled() {
            return !name.equals(SILENT);
        }

        @Override
        public boolean isErrorEnabled() {
            return !name.equals(SILENT);
        }
    }
}
