package api

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"calipso.io/calipso/integration/lab/faults"
)

// sessions are the logins at an APIC, by their tokens.
type sessions struct {
	mu   sync.Mutex
	open map[string]*apicSession
}

type apicSession struct {
	expires time.Time
	uses    int
}

// apicSessionLife is how long a token is good when it is not refreshed.
const apicSessionLife = 10 * time.Minute

func (s *sessions) begin() string {
	token := "eyJhbGciOiJSUzI1NiIs" + rand.Text() + rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[string]*apicSession{}
	}
	s.open[token] = &apicSession{expires: time.Now().Add(apicSessionLife)}
	return token
}

// use tells whether a request came with a token that is good for one more; limit is for how many each is, 0: for any.
func (s *sessions) use(r *http.Request, limit int) bool {
	cookie, err := r.Cookie("APIC-cookie")
	if err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.open[cookie.Value]
	if found == nil || !time.Now().Before(found.expires) || limit > 0 && found.uses >= limit {
		return false
	}
	found.uses++
	return true
}

func (s *Server) controller() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/aaaLogin.json", s.apicLogin)
	mux.HandleFunc("GET /api/aaaRefresh.json", s.inSession(func(w http.ResponseWriter, r *http.Request) { s.giveToken(w) }))
	mux.HandleFunc("GET /api/class/{file}", s.inSession(func(w http.ResponseWriter, r *http.Request) {
		class, _ := strings.CutSuffix(r.PathValue("file"), ".json")
		s.query(w, r, class, "")
	}))
	mux.HandleFunc("GET /api/mo/{file...}", s.inSession(func(w http.ResponseWriter, r *http.Request) {
		below, _ := strings.CutSuffix(r.PathValue("file"), ".json")
		s.query(w, r, r.URL.Query().Get("target-subtree-class"), below)
	}))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { apicError(w, 400, "400", "invalid URI") })
	return mux
}

func apicError(w http.ResponseWriter, status int, code, text string) {
	answer(w, status, doc{"totalCount": "1", "imdata": []doc{{"error": doc{"attributes": doc{"code": code, "text": text}}}}})
}

func (s *Server) apicLogin(w http.ResponseWriter, r *http.Request) {
	var login struct {
		User struct {
			Attributes struct{ Name, Pwd string } `json:"attributes"`
		} `json:"aaaUser"`
	}
	err := json.NewDecoder(r.Body).Decode(&login)
	given := login.User.Attributes
	if err != nil || s.cfg.Faults().RefuseAPIC || given.Name != s.cfg.User || given.Pwd != s.cfg.Password {
		apicError(w, http.StatusUnauthorized, "401", "Username or password is incorrect - FAILED local authentication")
		return
	}
	s.giveToken(w)
}

func (s *Server) giveToken(w http.ResponseWriter) {
	answer(w, http.StatusOK, doc{"totalCount": "1", "imdata": []doc{{"aaaLogin": doc{"attributes": doc{
		"token": s.apic.begin(), "refreshTimeoutSeconds": fmt.Sprint(int(apicSessionLife.Seconds())), "maximumLifetimeSeconds": "86400",
		"userName": s.cfg.User, "version": "4.2(7f)", "node": "topology/pod-1/node-1",
	}}}}})
}

func (s *Server) inSession(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.apic.use(r, s.cfg.Faults().APICUses) {
			apicError(w, http.StatusForbidden, "403", "Token was invalid (Error: Token timeout)")
			return
		}
		next(w, r)
	}
}

var apicFilter = regexp.MustCompile(`^(eq|wcard)\(([A-Za-z0-9]+)\.([A-Za-z]+),"([^"]*)"\)$`)

// query answers with the objects of a class, at and below a managed object when it is named: those that the filter
// selects, a page of them.
func (s *Server) query(w http.ResponseWriter, r *http.Request, class, below string) {
	s.cfg.Cloud.RLock()
	rows, known := s.fabricObjects(class)
	s.cfg.Cloud.RUnlock()
	params := r.URL.Query()
	filter := apicFilter.FindStringSubmatch(params.Get("query-target-filter"))
	if !known || params.Has("query-target-filter") && (filter == nil || filter[2] != class) {
		apicError(w, http.StatusBadRequest, "121", "unresolved class or property for "+class)
		return
	}
	rows = slices.DeleteFunc(rows, func(row map[string]string) bool {
		return below != "" && row["dn"] != below && !strings.HasPrefix(row["dn"], below+"/") ||
			filter != nil && filter[1] == "eq" && row[filter[3]] != filter[4] ||
			filter != nil && filter[1] == "wcard" && !strings.Contains(row[filter[3]], filter[4])
	})
	if params.Get("order-by") == class+".dn" {
		slices.SortFunc(rows, func(a, b map[string]string) int { return cmp.Compare(a["dn"], b["dn"]) })
	}
	total := len(rows)
	if size, err := strconv.Atoi(params.Get("page-size")); err == nil && size > 0 {
		page, _ := strconv.Atoi(params.Get("page"))
		rows = rows[min(len(rows), page*size):min(len(rows), (page+1)*size)]
	}
	if s.cfg.Faults().APIFault(r.URL.Path) == faults.LostRows {
		rows = rows[:len(rows)/2]
	}
	data := make([]doc, len(rows))
	for i, row := range rows {
		data[i] = doc{class: doc{"attributes": row}}
	}
	answer(w, http.StatusOK, doc{"totalCount": fmt.Sprint(total), "imdata": data})
}
