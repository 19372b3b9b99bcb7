import java.io.File;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.List;
import org.semanticweb.owlapi.apibinding.OWLManager;
import org.semanticweb.owlapi.formats.FunctionalSyntaxDocumentFormat;
import org.semanticweb.owlapi.formats.ManchesterSyntaxDocumentFormat;
import org.semanticweb.owlapi.formats.OBODocumentFormat;
import org.semanticweb.owlapi.formats.OWLXMLDocumentFormat;
import org.semanticweb.owlapi.formats.RDFXMLDocumentFormat;
import org.semanticweb.owlapi.formats.TurtleDocumentFormat;
import org.semanticweb.owlapi.io.FileDocumentSource;
import org.semanticweb.owlapi.model.IRI;
import org.semanticweb.owlapi.model.MissingImportHandlingStrategy;
import org.semanticweb.owlapi.model.OWLDocumentFormat;
import org.semanticweb.owlapi.model.OWLOntology;
import org.semanticweb.owlapi.model.OWLOntologyLoaderConfiguration;
import org.semanticweb.owlapi.model.OWLOntologyManager;
import org.semanticweb.owlapi.rdf.turtle.parser.TurtleOntologyParser;
import org.semanticweb.owlapi.util.SimpleIRIMapper;

/**
 * Load ontologies and save them as the OWL API writes them.
 *
 * The one argument is a table with a line for each file: the IRI of its ontology, the file, and
 * where it is to be saved, once for each further column. Each file is also read by the parser of
 * the OWL API's own, since the others that it tries are more lenient.
 */
public class Resave {
    private static OWLDocumentFormat formatOf(String name) {
        switch (name.substring(name.lastIndexOf('.'))) {
            case ".ttl": return new TurtleDocumentFormat();
            case ".owl": return new RDFXMLDocumentFormat();
            case ".owx": return new OWLXMLDocumentFormat();
            case ".ofn": return new FunctionalSyntaxDocumentFormat();
            case ".omn": return new ManchesterSyntaxDocumentFormat();
            case ".obo": return new OBODocumentFormat();
            default: throw new IllegalArgumentException(name);
        }
    }

    public static void main(String[] arguments) throws Exception {
        List<String> lines = Files.readAllLines(Paths.get(arguments[0]));
        OWLOntologyManager manager = OWLManager.createOWLOntologyManager();
        manager.setOntologyLoaderConfiguration(new OWLOntologyLoaderConfiguration()
            .setMissingImportHandlingStrategy(MissingImportHandlingStrategy.SILENT));
        for (String line : lines) {
            String[] row = line.split("\t");
            if (!row[0].isEmpty()) {
                manager.getIRIMappers().add(new SimpleIRIMapper(
                    IRI.create(row[0]), IRI.create(new File(row[1]).toURI())));
            }
        }
        for (String line : lines) {
            String[] row = line.split("\t");
            OWLOntology ontology = row[0].isEmpty() ? null : manager.getOntology(IRI.create(row[0]));
            if (ontology == null) {
                ontology = manager.loadOntologyFromOntologyDocument(new File(row[1]));
            }
            new TurtleOntologyParser().parse(
                new FileDocumentSource(new File(row[1])),
                OWLManager.createOWLOntologyManager().createOntology(),
                new OWLOntologyLoaderConfiguration()
                    .setMissingImportHandlingStrategy(MissingImportHandlingStrategy.SILENT));
            OWLDocumentFormat read = manager.getOntologyFormat(ontology);
            for (int at = 2; at < row.length; at++) {
                OWLDocumentFormat format = formatOf(row[at]);
                if (read.isPrefixOWLDocumentFormat() && format.isPrefixOWLDocumentFormat()) {
                    format.asPrefixOWLDocumentFormat()
                        .copyPrefixesFrom(read.asPrefixOWLDocumentFormat());
                }
                File file = new File(row[at]);
                file.getParentFile().mkdirs();
                try (OutputStream stream = new FileOutputStream(file)) {
                    manager.saveOntology(ontology, format, stream);
                }
            }
        }
    }
}
